"""Everything that a chunk of entries is judged by, gathered with one statement per table."""

from collections.abc import Iterable, Sequence

from entries.adapters.documents import fetch_documents
from entries.adapters.duplicates import fetch_duplicates
from entries.adapters.integrations import fetch_file_facts
from entries.adapters.refreshes import fetch_asked
from entries.adapters.revisions import KeptRevision, fetch_newest
from entries.adapters.states import fetch_states
from entries.domain.facts import Candidate, DocumentFacts, EntryFacts, FileFacts
from qontable.database import Connection
from qontable.entry import Entry, EntryRefused, Finding
from qontable.events.platform import EntryContent
from qontable.preflight import ReferenceState, named_numbers
from qontable.sheet import Sheet
from qontable.wire import read_entry

Numbers = list[tuple[str, str]]
"""Pairs of client file and account number, or the start of one."""


class Content:
    """The newest revision of an entry, read: the wire form, and the entry or why there is none."""

    def __init__(self, facts: EntryFacts, kept: KeptRevision) -> None:
        self.facts = facts
        self.kept = kept
        self.wire = EntryContent.model_validate_json(kept.content)
        self.entry: Entry | None = None
        self.refused: tuple[Finding, ...] = ()
        try:
            self.entry = read_entry(self.wire)
        except EntryRefused as refusal:
            self.refused = refusal.findings


async def read_contents(connection: Connection, facts: Sequence[EntryFacts]) -> list[Content]:
    """The contents of these entries, in their order; an entry of which only an undone review is known has none."""
    newest = await fetch_newest(connection, facts)
    return [Content(entry, newest[entry.key]) for entry in facts if entry.key in newest]


async def gather(connection: Connection, contents: Sequence[Content], sheets: dict[str, Sheet]) -> list[Candidate]:
    """The candidates that these contents make, in their order."""
    if not contents:
        return []
    facts = [content.facts for content in contents]
    file_ids = sorted({entry.file_id for entry in facts})
    files = await fetch_file_facts(connection, file_ids, sheets)
    documents = await fetch_documents(connection, [entry.key for entry in facts])
    asked = await fetch_asked(connection, file_ids)
    duplicates = await fetch_duplicates(connection, facts)
    states = await fetch_states(connection, file_ids, *_numbers(contents, files))
    return [
        Candidate(
            facts=content.facts,
            content=content.wire,
            entry=content.entry,
            refused=content.refused,
            validated_at=content.kept.validated_at,
            received_at=content.kept.received_at,
            file=files[content.facts.file_id],
            documents=_documents(content, documents.get(content.facts.key, {})),
            reference=states.get(content.facts.file_id, ReferenceState()),
            asked=asked.get(content.facts.file_id, {}),
            possible_duplicate=content.facts.key in duplicates,
        )
        for content in contents
    ]


def _numbers(contents: Iterable[Content], files: dict[str, FileFacts]) -> tuple[Numbers, Numbers]:
    """The account numbers that entries name, and the starts they share with others where codes may be cut."""
    numbers: set[tuple[str, str]] = set()
    prefixes: set[tuple[str, str]] = set()
    for content in contents:
        file_id = content.facts.file_id
        sheet = files[file_id].sheet
        if sheet is None or content.entry is None:
            continue
        named, shared = named_numbers(content.entry, sheet)
        numbers |= {(file_id, number) for number in named}
        prefixes |= {(file_id, start) for start in shared}
    return sorted(numbers), sorted(prefixes)


def _documents(content: Content, found: dict[str, DocumentFacts]) -> tuple[DocumentFacts, ...]:
    return tuple(found[document.document_id] for document in content.wire.documents)
