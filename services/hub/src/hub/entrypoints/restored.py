"""`qontable hub restored`: which exports were asked for after the backup that was restored."""

from datetime import datetime

import typer

from hub.app.restored import bring_back
from qontable.database import Database
from qontable.events.export import ExportCompleted, ExportRequested
from qontable.past import Since, said_since
from qontable.place import Place, own_place, run, with_database
from qontable.unit import Units


def restored(since: Since) -> None:
    """Learn from the topics which import files were asked for after the backup, so that their firms find them.

    The services are stopped. Said twice it is said once.
    """
    kept = run(_read(own_place("hub"), since))
    typer.echo(f"{kept:8} exports were asked for since, and have ended")


async def _read(place: Place, instant: datetime) -> int:
    async def work(database: Database) -> int:
        ended = {event.export_id async for page in said_since(place, ExportCompleted, instant) for event in page}
        requests = [event async for page in said_since(place, ExportRequested, instant) for event in page]
        return await bring_back(Units(database, "hub"), requests, ended)

    return await with_database(place, work)
