"""What people answer where an entry asks: a possible duplicate is one of its own, missing accounts may be created."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

from entries.adapters.creations import allow_creations
from entries.adapters.duplicates import save_answers
from entries.adapters.files import fetch_owners
from entries.domain.facts import EntryKey
from qontable.bus import Received
from qontable.clock import now
from qontable.database import Connection
from qontable.events.hub import EntryCreationAllowed, EntryDuplicateAnswered
from qontable.unit import Unit

A = TypeVar("A", EntryDuplicateAnswered, EntryCreationAllowed)
Save = Callable[[Connection, dict[EntryKey, A], datetime], Awaitable[set[EntryKey]]]
"""Keeps answers by entry, has those entries looked at again, and says which there are."""


class Answers:
    """Handles answers; `woken` is called when entries may leave. One about no entry of the firm is set aside."""

    def __init__(self, woken: Callable[[], None]) -> None:
        self._woken = woken

    async def duplicate_answered(self, unit: Unit, received: Sequence[Received[EntryDuplicateAnswered]]) -> None:
        """Possible duplicates are invoices of their own."""
        await self._keep(unit, received, save_answers)

    async def creation_allowed(self, unit: Unit, received: Sequence[Received[EntryCreationAllowed]]) -> None:
        """The accounts that these revisions lack may be created."""
        await self._keep(unit, received, allow_creations)

    async def _keep(self, unit: Unit, received: Sequence[Received[A]], save: Save[A]) -> None:
        owners = await fetch_owners(unit.connection, [item.event.file_id for item in received])
        own: list[Received[A]] = []
        refused: list[Received[A]] = []
        for item in received:
            theirs = owners.firm_of_file.get(item.event.file_id) == item.event.firm_id
            (own if theirs else refused).append(item)
        found = await save(unit.connection, {_key(item): item.event for item in own}, now())
        refused += [item for item in own if _key(item) not in found]
        for item in refused:
            unit.set_aside(item.refused("unknown_entry", "no such entry of this firm is known here"))
        unit.after_commit(self._woken)


def _key(item: Received[A]) -> EntryKey:
    return item.event.file_id, item.event.entry_id
