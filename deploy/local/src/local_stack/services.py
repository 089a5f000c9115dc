"""The services of the house as data: who they are, and what each finds in its environment."""

from dataclasses import dataclass, field
from pathlib import Path

from local_stack.assets import ASSETS
from local_stack.connectors import connector_settings, connectors
from local_stack.passwords import derived_secret, role_password
from local_stack.ports import HOST
from local_stack.settings import PROJECT
from qontable.migrations import role_url


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A service; `environment` holds what only it needs, with `{place}` for values of the surroundings.

    One that `runs_connectors` finds the settings of every connector besides.
    """

    name: str
    environment: dict[str, str] = field(default_factory=dict)
    runs_connectors: bool = False

    @property
    def migrations(self) -> Path:
        """The folder of its migrations."""
        return PROJECT / "services" / self.name / "migrations"


SERVICES = (
    ServiceSpec(
        "hub",
        {
            "QONTABLE_HUB_PLATFORM_SECRET": "{platform_secret}",
            "QONTABLE_HUB_ASSETS": "{assets}",
            "QONTABLE_EXPORTS_URL": "{exports_url}",
            "QONTABLE_EXPORTS_SECRET": "{exports_secret}",
        },
    ),
    ServiceSpec("reference_data"),
    ServiceSpec("entries", {"QONTABLE_ENTRIES_ALLOW_PRIVATE_ADDRESSES": "true"}),
    ServiceSpec(
        "gateways",
        {"QONTABLE_PRIVATE_KEYS": "{gateway_keys}", "QONTABLE_LINKS_URL": "{own_url}"},
        runs_connectors=True,
    ),
    ServiceSpec("exports", {"QONTABLE_EXPORTS_SECRET": "{exports_secret}"}),
    ServiceSpec("sandbox", {"QONTABLE_PUBLIC_URL": "{sandbox_url}"}),
)
"""In the order in which they are started. Nothing depends on the order: each waits for what it needs."""


SESSION_SECONDS = 10
"""How long Kafka waits for a service that was killed: less than elsewhere, as here somebody is watching."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the services of one system share: where broker, database and storage are, and everyone's port."""

    kafka: str
    postgres_admin_url: str
    storage_url: str
    gateway_keys: Path
    ports: dict[str, int]
    topic_prefix: str = ""

    def database_url(self, service: str) -> str:
        """The address of the database with the service's own role."""
        return role_url(self.postgres_admin_url, service, role_password(self.postgres_admin_url, service))

    def http_url(self, service: str) -> str:
        """Where a service serves its health, metrics and API."""
        return f"http://{HOST}:{self.ports[service]}"

    def partner_secret(self, connector: str) -> str:
        """What gateways and the stand-in of a software know of each other."""
        return derived_secret(self.postgres_admin_url, f"partner of {connector}")

    def connector_environment(self, connector: str) -> dict[str, str]:
        """The settings of one connector, by the names of their variables."""
        places = {"sandbox_url": self._sandbox_url, "partner_secret": self.partner_secret(connector)}
        return {name: value.format(**places) for name, value in connector_settings(connector).items()}

    @property
    def _sandbox_url(self) -> str:
        return f"http://{HOST}:{self.ports.get('sandbox', 0)}"

    def environment(self, spec: ServiceSpec) -> dict[str, str]:
        """All settings of a service, by the names of their variables."""
        places = {
            "sandbox_url": self._sandbox_url,
            "own_url": self.http_url(spec.name),
            "gateway_keys": self.gateway_keys,
            "assets": ASSETS,
            "exports_url": f"http://{HOST}:{self.ports.get('exports', 0)}",
            "exports_secret": derived_secret(self.postgres_admin_url, "links to exports"),
            "platform_secret": derived_secret(self.postgres_admin_url, "platform"),
        }
        ours = [self.connector_environment(name) for name in connectors()] if spec.runs_connectors else []
        return {
            "QONTABLE_KAFKA": self.kafka,
            "QONTABLE_TOPIC_PREFIX": self.topic_prefix,
            "QONTABLE_KAFKA_SESSION_SECONDS": str(SESSION_SECONDS),
            "QONTABLE_DATABASE_URL": self.database_url(spec.name),
            "QONTABLE_HTTP_HOST": HOST,
            "QONTABLE_HTTP_PORT": str(self.ports[spec.name]),
            "QONTABLE_STORAGE_URL": self.storage_url,
            **{name: value.format(**places) for name, value in spec.environment.items()},
            **{name: value for settings in ours for name, value in settings.items()},
        }
