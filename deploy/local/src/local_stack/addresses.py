"""The file in which a stack says where it is, read by `qontable.addresses`."""

from pathlib import Path

from local_stack.connectors import connectors
from local_stack.services import SERVICES, Surroundings
from local_stack.stack import Stack, write_whole
from qontable.addresses import Addresses


def addresses_of(surroundings: Surroundings, name: str, logs: Path) -> Addresses:
    """The addresses of every service that has a port in these surroundings."""
    services = [spec for spec in SERVICES if spec.name in surroundings.ports]
    return Addresses(
        stack=name,
        kafka=surroundings.kafka,
        topic_prefix=surroundings.topic_prefix,
        postgres_admin_url=surroundings.postgres_admin_url,
        storage_url=surroundings.storage_url,
        logs=str(logs),
        http={spec.name: surroundings.http_url(spec.name) for spec in services},
        settings={spec.name: surroundings.environment(spec) for spec in services},
        partner_secrets={connector: surroundings.partner_secret(connector) for connector in connectors()},
    )


def write_addresses(stack: Stack, surroundings: Surroundings) -> None:
    """Write the addresses of the parts that this stack has."""
    write_whole(stack.addresses_file, addresses_of(surroundings, stack.name, stack.logs).model_dump_json(indent=2))
