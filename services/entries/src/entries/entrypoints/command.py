"""`qontable entries`: what is done at a terminal."""

import asyncio
from datetime import datetime
from typing import Annotated

import typer
from aiokafka.errors import KafkaError

from entries.app.restored import Restored
from qontable.database import UNREACHABLE, Database
from qontable.events.delivery import EntryDeliveryChanged
from qontable.events.export import ExportOpened
from qontable.past import INSTANT_HELP, read_instant, said_since
from qontable.place import Place, own_place
from qontable.unit import Units

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _entries() -> None:
    """Validated entries: what became of them where the database does not know."""


@app.command()
def restored(since: Annotated[str, typer.Option("--from", help=INSTANT_HELP)]) -> None:
    """Learn from the topics which entries left in an import file after the backup that was restored.

    The services are stopped. Said twice it is said once.
    """
    instant = read_instant(since)
    try:
        known, to_come = asyncio.run(bring_back(own_place("entries"), instant))
    except (*UNREACHABLE, KafkaError) as error:
        typer.echo(f"unreachable: {type(error).__name__}", err=True)
        raise typer.Exit(3) from None
    typer.echo(f"{known + to_come:8} entries are in an import file, {to_come} of them have still to come again")


async def bring_back(place: Place, instant: datetime) -> tuple[int, int]:
    """What the topics tell from `instant` on; entries that are known, and those that have still to come."""
    database = await Database.connect(place.database_url, connections=2, name="qontable entries restored")
    try:
        forgotten = Restored(Units(database, "entries"))
        async for opened in said_since(place, ExportOpened, instant):
            await forgotten.opened(opened)
        async for changed in said_since(place, EntryDeliveryChanged, instant):
            await forgotten.changed(changed)
        return await forgotten.take_up()
    finally:
        await database.close()
