"""`qontable entries`: what is done at a terminal."""

from datetime import datetime

import typer

from entries.app.restored import Restored
from qontable.database import Database
from qontable.events.delivery import EntryDeliveryChanged
from qontable.events.export import ExportOpened
from qontable.past import Since, said_since
from qontable.place import Place, own_place, run, with_database
from qontable.unit import Units

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _entries() -> None:
    """Validated entries: what became of them where the database does not know."""


@app.command()
def restored(since: Since) -> None:
    """Learn from the topics which entries left in an import file after the backup that was restored.

    The services are stopped. Said twice it is said once.
    """
    known, to_come = run(bring_back(own_place("entries"), since))
    typer.echo(f"{known + to_come:8} entries are in an import file, {to_come} of them have still to come again")


async def bring_back(place: Place, instant: datetime) -> tuple[int, int]:
    """What the topics tell from `instant` on; entries that are known, and those that have still to come."""

    async def work(database: Database) -> tuple[int, int]:
        forgotten = Restored(Units(database, "entries"))
        async for opened in said_since(place, ExportOpened, instant):
            await forgotten.opened(opened)
        async for changed in said_since(place, EntryDeliveryChanged, instant):
            await forgotten.changed(changed)
        return await forgotten.take_up()

    return await with_database(place, work)
