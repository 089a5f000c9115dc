"""What would become of a book: the pre-flight's findings, and the requests of what would leave. Nothing is sent."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import httpx

from gateways.adapters.dry_run import MadeUpBooks, NotedRequests, dry_session
from gateways.adapters.input_book import Book
from gateways.domain.outcome import Rejected, SendOutcome
from gateways.domain.port import Connector, DocumentUnavailable, Parcel, ParcelDocument
from gateways.domain.rules import sending_rules
from qontable.entry import Entry, EntryRefused, Finding
from qontable.events.delivery import Cut, KeptDocument, SoftwareMessage
from qontable.events.hub import FilePolicies
from qontable.events.platform import EntryContent
from qontable.events.reference import ReferenceRows
from qontable.preflight import Case, KnownYear, ReferenceState, preflight
from qontable.reference import entry_reference
from qontable.wire import read_entry

NO_LINK = "https://link.invalid/made-when-it-leaves"
"""In place of the link that a document gets once its entry leaves for a software that fetches it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An entry of the book and what the pre-flight finds; `entry` is None where it cannot even be read."""

    content: EntryContent
    entry: Entry | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One request that would book these entries: its body as composed, each document replaced by its hash.

    `refused` is why the connector would not make it after all.
    """

    entries: tuple[str, ...]
    method: str
    url: str
    body: bytes | None
    cuts: tuple[Cut, ...]
    refused: SoftwareMessage | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """`ids` says what each made-up id in the bodies stands for."""

    checked: tuple[Checked, ...]
    calls: tuple[Call, ...]
    ids: Mapping[str, str]

    @property
    def refused(self) -> bool:
        """Whether any entry would not leave."""
        return any(item.findings for item in self.checked) or any(call.refused for call in self.calls)


def check_book(connector: Connector, book: Book, reference: ReferenceRows | None) -> tuple[Checked, ...]:
    """Every entry of the book, checked against the sheet and these reference data, or those that the book implies."""
    state = _state(reference or book.reference, book.reference)
    return tuple(_checked(connector, content, state) for content in book.entries)


async def preview(connector: Connector, checked: Sequence[Checked]) -> Preview:
    """What would be sent of checked entries: those without findings, as many per call as the software takes."""
    transport, books = NotedRequests(), MadeUpBooks()
    most = sending_rules(connector.sheet, None).entries_per_call
    parcels = [_parcel(number, item.entry) for number, item in enumerate(checked) if item.entry and not item.findings]
    calls: list[Call] = []
    async with httpx.AsyncClient(transport=transport) as client:
        session = dry_session(connector.sheet, client, books)
        for start in range(0, len(parcels), most):
            portion = parcels[start : start + most]
            transport.noted.clear()
            outcomes = await connector.send(session, portion)
            calls.extend(_calls(portion, outcomes, transport.noted))
    return Preview(tuple(checked), tuple(calls), books.stand_for)


def _calls(
    parcels: Sequence[Parcel], outcomes: Sequence[SendOutcome], noted: Sequence[tuple[str, str]]
) -> Iterable[Call]:
    """One call for each body; entries that share a body travel together."""
    by_body: dict[bytes | None, list[tuple[Parcel, SendOutcome]]] = {}
    for parcel, outcome in zip(parcels, outcomes, strict=True):
        by_body.setdefault(outcome.exchange.sent, []).append((parcel, outcome))
    method, url = noted[-1] if noted else ("", "")
    for body, together in by_body.items():
        outcome = together[0][1]
        yield Call(
            entries=tuple(parcel.entry.ref.entry_id for parcel, _ in together),
            method=method,
            url=url,
            body=body,
            cuts=tuple(cut for _, each in together for cut in each.exchange.cuts),
            refused=outcome.message if isinstance(outcome, Rejected) else None,
        )


def _checked(connector: Connector, content: EntryContent, state: ReferenceState) -> Checked:
    try:
        entry = read_entry(content)
    except EntryRefused as refused:
        return Checked(content, None, refused.findings)
    return Checked(content, entry, preflight(Case(entry, connector.sheet, entry.journal.code, FilePolicies(), state)))


def _state(reference: ReferenceRows, own: ReferenceRows) -> ReferenceState:
    return ReferenceState(
        accounts={account.number: account.closed for account in reference.accounts},
        subsidiaries={account.number: account.closed for account in reference.subsidiaries},
        journals={journal.code: journal.closed for journal in reference.journals},
        fiscal_years=[
            KnownYear(date.fromisoformat(year.start), date.fromisoformat(year.end), year.closed)
            for year in reference.fiscal_years
        ],
    )


def _parcel(number: int, entry: Entry) -> Parcel:
    documents = tuple(
        ParcelDocument(
            KeptDocument(
                document_id=document.document_id,
                file_name=document.file_name,
                media_type=document.media_type,
                size=document.size,
                sha256=document.sha256,
                storage_key=document.document_id,
            ),
            _unread,
            link=NO_LINK,
        )
        for document in entry.documents
    )
    return Parcel(entry, entry_reference(entry.ref), f"{number % 10_000:04d}", entry.journal.code, documents=documents)


async def _unread() -> AsyncIterator[bytes]:
    """No request is made that could ask for a document's bytes."""
    raise DocumentUnavailable("a preview reads no document")
    yield b""
