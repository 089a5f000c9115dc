"""Where the services that a person's command works on are: in the environment, else as the local stack says."""

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

import typer

from qontable.addresses import NoAddresses, read_addresses


@dataclass(frozen=True, slots=True)
class Place:
    """One service's database, and the broker that it listens to."""

    service: str
    database_url: str
    kafka: str
    topic_prefix: str


def places(service: str | None) -> list[Place]:
    """The service named, else the one of the environment, else all of the local stack. Ends the command without any."""
    url = os.environ.get("QONTABLE_DATABASE_URL")
    if service is None and url:
        return [_named(urlsplit(url).username or "", url)]
    try:
        addresses = read_addresses()
    except NoAddresses as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(3) from None
    if service and service not in addresses.settings:
        raise typer.BadParameter(f"one of {', '.join(sorted(addresses.settings))}", param_hint="--service")
    return [
        Place(name, settings["QONTABLE_DATABASE_URL"], addresses.kafka, addresses.topic_prefix)
        for name, settings in addresses.settings.items()
        if service in (None, name)
    ]


def one_place(service: str | None) -> Place:
    """The only one of `places`."""
    found = places(service)
    if len(found) != 1:
        raise typer.BadParameter("numbers are a service's own: say whose", param_hint="--service")
    return found[0]


def own_place(service: str) -> Place:
    """Where a service's own command works: the database of the environment is this service's."""
    url = os.environ.get("QONTABLE_DATABASE_URL")
    return _named(service, url) if url else one_place(service)


def _named(service: str, url: str) -> Place:
    return Place(service, url, os.environ.get("QONTABLE_KAFKA", ""), os.environ.get("QONTABLE_TOPIC_PREFIX", ""))
