"""`qontable exports restored`: what topics tell of batches, after a backup was restored."""

import asyncio
from datetime import datetime
from typing import Annotated

import typer
from aiokafka.errors import KafkaError

from exports.app.restored import Restored
from qontable.database import UNREACHABLE, Database
from qontable.events.delivery import EntryDispatched
from qontable.events.export import ExportCompleted, ExportOpened
from qontable.past import INSTANT_HELP, read_instant, said_since
from qontable.place import Place, own_place
from qontable.topics import EXPORT
from qontable.unit import Units


def restored(since: Annotated[str, typer.Option("--from", help=INSTANT_HELP)]) -> None:
    """Learn from the topics which batches have ended since the backup that was restored, and with which files.

    The services are stopped. Said twice it is said once.
    """
    instant = read_instant(since)
    try:
        back, taken_back = asyncio.run(bring_back(own_place("exports"), instant))
    except (*UNREACHABLE, KafkaError) as error:
        typer.echo(f"unreachable: {type(error).__name__}", err=True)
        raise typer.Exit(3) from None
    typer.echo(f"{back:8} batches have ended since, {taken_back} that were under way are taken back")


async def bring_back(place: Place, instant: datetime) -> tuple[int, int]:
    """What the topics tell from `instant` on; batches that have ended, and those taken back now."""
    database = await Database.connect(place.database_url, connections=2, name="qontable exports restored")
    try:
        forgotten = Restored(Units(database, "exports"))
        opened = [event async for page in said_since(place, ExportOpened, instant) for event in page]
        completed = [event async for page in said_since(place, ExportCompleted, instant) for event in page]
        counts = await forgotten.ended(opened, completed)
        dispatched = f"{EntryDispatched.type_name}.{EXPORT}"
        async for orders in said_since(place, EntryDispatched, instant, dispatched):
            await forgotten.dispatched(orders)
        return counts
    finally:
        await database.close()
