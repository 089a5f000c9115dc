"""Revisions that came and were set aside: the accountant hears that we could not read them, and what to do.

The newest revision that could not be read becomes the entry's head, so the entry's own state says it under its next
version. A revision that is kept already, or an older one than the head, changes nothing. Of an entry whose file is not
known here it is said under version 0: before everything that will be said once the file is.
"""

from collections.abc import Callable, Sequence

from pydantic import ValidationError

from entries.adapters.files import fetch_owners
from entries.adapters.heads import open_entries, save_heads
from entries.adapters.revisions import fetch_hashes
from entries.domain.facts import EntryKey
from entries.domain.standing import UNREAD, UNREADABLE
from qontable.clock import now
from qontable.events.base import Id, Part
from qontable.events.delivery import EntryStatusChanged
from qontable.events.platform import EntryValidated, RevisionNumber
from qontable.findings import render
from qontable.set_aside import SetAsideRecord
from qontable.unit import Unit


class Named(Part):
    """What a revision that cannot be taken in still says of itself."""

    firm_id: Id
    file_id: Id
    entry_id: Id
    revision: RevisionNumber

    @property
    def key(self) -> EntryKey:
        """The entry that it speaks of."""
        return self.file_id, self.entry_id


class Unread:
    """Tells of revisions set aside; `noted` is called once entries are to be looked at for it."""

    def __init__(self, noted: Callable[[], None]) -> None:
        self._noted = noted

    async def tell(self, unit: Unit, records: Sequence[SetAsideRecord]) -> None:
        """Tell of those that can be named. One that names another firm's file is nobody's to be told."""
        found = [(named, record.traceparent) for record in records if (named := _named(record))]
        owners = await fetch_owners(unit.connection, [named.file_id for named, _ in found])
        known = []
        for named, traceparent in found:
            place = owners.place(named.firm_id, named.file_id)
            if place == "known":
                known.append(named)
            elif place == "awaited":
                unit.publish(_untaken(named), traceparent=traceparent)
        if known:
            await self._note(unit, known)

    async def _note(self, unit: Unit, known: Sequence[Named]) -> None:
        heads = await open_entries(unit.connection, {named.key: named.firm_id for named in known})
        kept = await fetch_hashes(unit.connection, [(*named.key, named.revision) for named in known])
        moved = set()
        for named in known:
            if named.revision > heads[named.key].revision and (*named.key, named.revision) not in kept:
                heads[named.key] = heads[named.key].unread_at(named.revision)
                moved.add(named.key)
        await save_heads(unit.connection, {key: heads[key] for key in moved}, {}, now())
        unit.after_commit(self._noted)


def _named(record: SetAsideRecord) -> Named | None:
    if record.topic != EntryValidated.type_name:
        return None
    try:
        return Named.model_validate_json(record.body or b"", strict=True)
    except ValidationError:
        return None


def _untaken(named: Named) -> EntryStatusChanged:
    return EntryStatusChanged(
        firm_id=named.firm_id,
        file_id=named.file_id,
        entry_id=named.entry_id,
        revision=named.revision,
        version=0,
        status="to_verify",
        detail=UNREAD,
        findings=(render(UNREADABLE),),
        changed_at=now(),
    )
