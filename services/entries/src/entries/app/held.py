"""Records held for their client file: taken in once the file is known, set aside when it, or their firm, never was."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import ValidationError

from entries.adapters.files import fetch_owners
from entries.adapters.held import HeldRecord, count_held, take_placeable, take_unknown_files, take_unknown_firms
from entries.app.intake import Arrival, Intake
from qontable import metrics
from qontable.bus import describe_validation
from qontable.clock import now
from qontable.database import UNREACHABLE
from qontable.envelope import body_hash
from qontable.events.platform import EntryReviewUndone, EntryValidated
from qontable.set_aside import SetAsideRecord
from qontable.unit import Unit, Units

CHUNK = 500
TYPES: dict[str, type[EntryValidated] | type[EntryReviewUndone]] = {
    EntryValidated.type_name: EntryValidated,
    EntryReviewUndone.type_name: EntryReviewUndone,
}


@dataclass(frozen=True, slots=True)
class HeldFor:
    """How long records are held: for a firm that nobody spoke of, and for the file of a known one."""

    firm: timedelta
    file: timedelta


class HeldRecords:
    """One turn: what can be placed now is, what has waited too long for its firm or its file is set aside."""

    def __init__(self, units: Units, intake: Intake, patience: HeldFor) -> None:
        self._units = units
        self._intake = intake
        self._patience = patience

    async def step(self) -> bool:
        """Work through one chunk; whether there may be more."""
        async with self._units.unit() as unit:
            placeable = await take_placeable(unit.connection, CHUNK)
            owners = await fetch_owners(unit.connection, [held.file_id for held in placeable])
            own = []
            for held in placeable:
                if owners.place(held.firm_id, held.file_id) == "known":
                    own.append(held)
                else:
                    detail = "the client file belongs to another firm"
                    unit.set_aside(replace(held.record, reason="foreign_file", detail=detail))
            await self._take(unit, _arrivals(unit, own))
            expired = await self._expire(unit, now())
            if unit.aside:
                await self._intake.unread.tell(unit, unit.aside)
            waiting = await count_held(unit.connection)
        for waits_for in ("firm", "file"):
            metrics.RECORDS_HELD.labels(waits_for).set(waiting.get(waits_for, 0))
        return CHUNK in (len(placeable), *expired)

    async def _expire(self, unit: Unit, moment: datetime) -> tuple[int, int]:
        """Set aside what has waited too long for its firm, and for its file; how many of each."""
        firms = await take_unknown_firms(unit.connection, moment - self._patience.firm, CHUNK)
        for held in firms:
            unit.set_aside(replace(held.record, reason="unknown_firm", detail="its firm did not become known"))
        files = await take_unknown_files(unit.connection, moment - self._patience.file, CHUNK)
        for held in files:
            unit.set_aside(replace(held.record, reason="unknown_file", detail="its client file did not become known"))
        return len(firms), len(files)

    async def _take(self, unit: Unit, arrivals: Sequence[Arrival]) -> None:
        """Take records in, halving around one that is refused: it is set aside, as it would be from the topic."""
        try:
            async with unit.connection.transaction():
                await self._intake.take(unit, arrivals, now())
        except UNREACHABLE:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a single record provokes must not stop its neighbours
            if len(arrivals) == 1:
                unit.set_aside(arrivals[0].refused("handler_refused", type(error).__name__))
                return
            middle = len(arrivals) // 2
            await self._take(unit, arrivals[:middle])
            await self._take(unit, arrivals[middle:])


def _arrivals(unit: Unit, held: Sequence[HeldRecord]) -> list[Arrival]:
    """Records as intake would have seen them. Each was read before it was held; one that cannot be any more, because
    what reads it has changed since, is set aside."""
    arrivals = []
    for item in held:
        try:
            arrivals.append(_arrival(item.record))
        except ValidationError as error:
            reason, detail = describe_validation(error)
            unit.set_aside(replace(item.record, reason=reason, detail=detail))
    return arrivals


def _arrival(record: SetAsideRecord) -> Arrival:
    body = record.body or b""
    event = TYPES[record.topic].read(body)

    def refused(reason: str, detail: str) -> SetAsideRecord:
        return replace(record, reason=reason, detail=detail)

    return Arrival(event, body, body_hash(body), record.traceparent, refused)
