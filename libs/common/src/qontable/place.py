"""Where the services that a person's command works on are, in the environment, else as the local stack says; and how
such a command runs there."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import typer
from aiokafka.errors import KafkaError

from qontable.addresses import NoAddresses, read_addresses
from qontable.database import UNREACHABLE, Database

T = TypeVar("T")


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


async def with_database(place: Place, work: Callable[[Database], Awaitable[T]]) -> T:
    """What `work` makes of the place's database, which is closed afterwards."""
    database = await Database.connect(place.database_url, connections=2, name="qontable")
    try:
        return await work(database)
    finally:
        await database.close()


def run(work: Coroutine[Any, Any, T]) -> T:
    """What a command's work gives. Ends the command with status 3 when PostgreSQL or Kafka is away."""
    try:
        return asyncio.run(work)
    except (*UNREACHABLE, KafkaError) as error:
        what = "Kafka" if isinstance(error, KafkaError) else "PostgreSQL"
        typer.echo(f"{what} is unreachable: {type(error).__name__}", err=True)
        raise typer.Exit(3) from None


def _named(service: str, url: str) -> Place:
    return Place(service, url, os.environ.get("QONTABLE_KAFKA", ""), os.environ.get("QONTABLE_TOPIC_PREFIX", ""))
