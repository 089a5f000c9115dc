"""`qontable hub restored`: which exports were asked for after the backup that was restored."""

import asyncio
from datetime import datetime
from typing import Annotated

import typer
from aiokafka.errors import KafkaError

from hub.app.restored import bring_back
from qontable.database import UNREACHABLE, Database
from qontable.events.export import ExportCompleted, ExportRequested
from qontable.past import INSTANT_HELP, read_instant, said_since
from qontable.place import Place, own_place
from qontable.unit import Units


def restored(since: Annotated[str, typer.Option("--from", help=INSTANT_HELP)]) -> None:
    """Learn from the topics which import files were asked for after the backup, so that their firms find them.

    The services are stopped. Said twice it is said once.
    """
    instant = read_instant(since)
    try:
        kept = asyncio.run(_read(own_place("hub"), instant))
    except (*UNREACHABLE, KafkaError) as error:
        typer.echo(f"unreachable: {type(error).__name__}", err=True)
        raise typer.Exit(3) from None
    typer.echo(f"{kept:8} exports were asked for since, and have ended")


async def _read(place: Place, instant: datetime) -> int:
    database = await Database.connect(place.database_url, connections=2, name="qontable hub restored")
    try:
        ended = {event.export_id async for page in said_since(place, ExportCompleted, instant) for event in page}
        requests = [event async for page in said_since(place, ExportRequested, instant) for event in page]
        return await bring_back(Units(database, "hub"), requests, ended)
    finally:
        await database.close()
