"""The correction of an entry as a person meets it: what is corrected, and whether that is possible now."""

from collections.abc import Mapping
from dataclasses import dataclass

from hub.adapters import connectors, contents, entry_lives, reference_rows
from hub.app import files
from hub.app.entries import refuse_moved_on
from hub.domain.client_file import ClientFile
from hub.domain.correction import MOST_LINES, Checked, correct, judge
from hub.domain.entry import Entry
from hub.domain.problem import Refused
from qontable.clock import now
from qontable.database import Connection as Db
from qontable.entry import Entry as AccountingEntry
from qontable.events.platform import EntryContent
from qontable.preflight import ReferenceState, named_numbers
from qontable.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Correctable:
    """An entry with the content of its newest revision, if that has arrived, and its software's data sheet."""

    file: ClientFile
    entry: Entry
    content: EntryContent | None
    sheet: Sheet | None = None

    @property
    def is_open(self) -> bool:
        """Whether a correction may be typed now: the platform is not at one already, and its lines fit on a page."""
        if self.content is None or len(self.content.lines) > MOST_LINES:
            return False
        try:
            refuse_moved_on(self.entry, self.entry.revision, now())
        except Refused:
            return False
        return True


async def read(db: Db, firm_id: str, file_id: str, entry_id: str) -> Correctable:
    """What a correction begins with. Raises `Refused`: file_unknown, entry_unknown."""
    file = await files.read(db, firm_id, file_id)
    entry = await entry_lives.find_entry(db, firm_id, file_id, entry_id)
    if entry is None:
        raise Refused("entry_unknown", file_id=file_id, entry_id=entry_id)
    content = await read_content(db, firm_id, file_id, entry_id, entry.revision)
    known = await connectors.find_connector(db, file.connector) if file.connector else None
    return Correctable(file, entry, content, known[0].sheet if known else None)


async def check(db: Db, firm_id: str, case: Correctable, typed: Mapping[str, str]) -> Checked:
    """What was typed, checked against the data sheet and the Hub's own copy of what the software has.

    `case` has a content.
    """
    assert case.content is not None, "only an entry whose lines have arrived is corrected"
    made = correct(case.content, typed)
    if isinstance(made, Checked):
        return made
    return judge(made, case.file, case.sheet, await _read_state(db, firm_id, case, made.entry))


async def _read_state(db: Db, firm_id: str, case: Correctable, entry: AccountingEntry) -> ReferenceState | None:
    if case.sheet is None or case.file.software_file is None:
        return None
    numbers, starts = named_numbers(entry, case.sheet)
    return await reference_rows.fetch_state(
        db,
        firm_id,
        case.file.file_id,
        case.file.software_file.software_file_id,
        sorted(numbers),
        sorted(starts),
    )


async def read_content(db: Db, firm_id: str, file_id: str, entry_id: str, revision: int) -> EntryContent | None:
    """What a revision holds, if it has arrived."""
    kept = await contents.find_content(db, firm_id, file_id, entry_id, revision)
    return kept.content if kept else None
