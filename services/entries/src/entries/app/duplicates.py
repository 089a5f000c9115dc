"""What people say of possible duplicates."""

from collections.abc import Callable, Sequence

from entries.adapters.duplicates import save_answers
from entries.adapters.files import fetch_owners
from qontable.bus import Received
from qontable.clock import now
from qontable.events.hub import EntryDuplicateAnswered
from qontable.unit import Unit


class Duplicates:
    """Handles `entry.duplicate_answered`; `woken` is called when entries may leave."""

    def __init__(self, woken: Callable[[], None]) -> None:
        self._woken = woken

    async def answered(self, unit: Unit, received: Sequence[Received[EntryDuplicateAnswered]]) -> None:
        """Entries that waited for the answer are looked at again; an answer about no entry of the firm is set aside."""
        owners = await fetch_owners(unit.connection, [item.event.file_id for item in received])
        own: list[Received[EntryDuplicateAnswered]] = []
        refused: list[Received[EntryDuplicateAnswered]] = []
        for item in received:
            theirs = owners.firm_of_file.get(item.event.file_id) == item.event.firm_id
            (own if theirs else refused).append(item)
        answers = {(item.event.file_id, item.event.entry_id): item.event.answer for item in own}
        found = await save_answers(unit.connection, answers, now())
        refused += [item for item in own if (item.event.file_id, item.event.entry_id) not in found]
        for item in refused:
            unit.set_aside(item.refused("unknown_entry", "no such entry of this firm is known here"))
        unit.after_commit(self._woken)
