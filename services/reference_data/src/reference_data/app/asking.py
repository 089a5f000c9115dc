"""Asks for reference data: when a file is mapped, every week, and again where nobody answered."""

import uuid
from datetime import datetime, timedelta
from typing import Literal

import structlog

from qontable.clock import now
from qontable.events.reference import AccountsRefreshRequested
from qontable.unit import Unit, Units
from reference_data.adapters.files import File, set_weekly_due, take_weekly_due
from reference_data.adapters.refreshes import give_up, save_asked, take_unanswered
from reference_data.domain.week import next_weekly

CHUNK = 100
MOST_TIMES_ASKED = 5

log = structlog.get_logger()


async def ask(unit: Unit, file: File, reason: Literal["mapping", "weekly"], moment: datetime) -> None:
    """Ask the gateways for everything of a file that is tied to a software file."""
    if file.connection_id is None or file.connector is None or file.software_file_id is None:
        raise ValueError(f"file {file.file_id} is tied to no software file")
    request = AccountsRefreshRequested(
        refresh_id=f"rfr_{uuid.uuid4().hex}",
        firm_id=file.firm_id,
        file_id=file.file_id,
        connection_id=file.connection_id,
        connector=file.connector,
        software_file_id=file.software_file_id,
        reason=reason,
        requested_at=moment,
    )
    await save_asked(unit.connection, [request])
    unit.publish(request)


class Weekly:
    """Asks for files whose week has come, a chunk at a time. A missed week is made up once: the next due is ahead."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def step(self) -> bool:
        """Ask for one chunk; true when there may be more."""
        moment = now()
        async with self._units.unit() as unit:
            due = await take_weekly_due(unit.connection, moment, CHUNK)
            for item in due:
                if item.wanted:
                    await ask(unit, item.file, "weekly", moment)
                if item.misdated:
                    log.warning("weekly refresh was due in a far future", file_id=item.file.file_id)
            ids = [item.file.file_id for item in due]
            await set_weekly_due(unit.connection, [(file_id, next_weekly(file_id, moment)) for file_id in ids])
        return len(due) == CHUNK


class Unanswered:
    """Asks again, under the same identity, for refreshes that nobody answered; gives up visibly after some times."""

    def __init__(self, units: Units, waited: timedelta) -> None:
        self._units = units
        self._waited = waited

    async def step(self) -> bool:
        """Ask again for one chunk; true when there may be more."""
        async with self._units.unit() as unit:
            taken = await take_unanswered(unit.connection, self._waited, CHUNK)
            for request, times_asked in taken:
                if times_asked > MOST_TIMES_ASKED:
                    log.error("refresh given up", refresh_id=request.refresh_id, file_id=request.file_id)
                    await give_up(unit.connection, request.refresh_id, f"no answer after {MOST_TIMES_ASKED} requests")
                else:
                    unit.publish(request)
        return len(taken) == CHUNK
