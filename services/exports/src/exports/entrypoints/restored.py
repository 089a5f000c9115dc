"""`qontable exports restored`: what topics tell of batches, after a backup was restored."""

from datetime import datetime

import typer

from exports.app.restored import Restored
from qontable.database import Database
from qontable.events.delivery import EntryDispatched
from qontable.events.export import ExportCompleted, ExportOpened
from qontable.past import Since, said_since
from qontable.place import Place, own_place, run, with_database
from qontable.topics import EXPORT
from qontable.unit import Units


def restored(since: Since) -> None:
    """Learn from the topics which batches have ended since the backup that was restored, and with which files.

    The services are stopped. Said twice it is said once.
    """
    back, taken_back = run(bring_back(own_place("exports"), since))
    typer.echo(f"{back:8} batches have ended since, {taken_back} that were under way are taken back")


async def bring_back(place: Place, instant: datetime) -> tuple[int, int]:
    """What the topics tell from `instant` on; batches that have ended, and those taken back now."""

    async def work(database: Database) -> tuple[int, int]:
        forgotten = Restored(Units(database, "exports"))
        opened = [event async for page in said_since(place, ExportOpened, instant) for event in page]
        completed = [event async for page in said_since(place, ExportCompleted, instant) for event in page]
        counts = await forgotten.ended(opened, completed)
        dispatched = f"{EntryDispatched.type_name}.{EXPORT}"
        async for orders in said_since(place, EntryDispatched, instant, dispatched):
            await forgotten.dispatched(orders)
        return counts

    return await with_database(place, work)
