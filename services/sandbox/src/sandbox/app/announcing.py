"""Says revisions of entries: what the judge compares with, the platform's own row and the event, in one transaction.

The judge keeps the book's own words; the event speaks as the software names its subsidiary accounts, because the
platform learnt them from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from opentelemetry.trace import SpanKind

from qontable.clock import now
from qontable.events.platform import EntryContent, EntryValidated
from qontable.telemetry import span
from qontable.topics import MAX_INTAKE_BYTES
from qontable.unit import Unit
from sandbox.adapters import published
from sandbox.adapters.platform import put_revisions, return_unsaid
from sandbox.domain.naming import in_words_of
from sandbox.domain.platform import Target
from sandbox.domain.published import PublishedEntry
from sandbox.software.registry import softwares

TOO_LARGE = f"too large for one event: its body would exceed {MAX_INTAKE_BYTES} bytes"


@dataclass(frozen=True, slots=True)
class Announcement:
    """A revision to be said: its key for people, where it goes, what it says, whose it is, in which trace."""

    key: str
    target: Target
    content: EntryContent
    validated_by: str
    traceparent: str | None = None


async def announce(unit: Unit, announcements: Sequence[Announcement]) -> list[str]:
    """Say revisions, each the newest of its entry; the keys of those that no event can carry and that came back so."""
    recorded = [_recorded(item) for item in announcements]
    await put_revisions(unit.connection, recorded)
    await published.record(unit.connection, recorded)
    too_large = []
    for item in announcements:
        event = _event(item)
        if len(event.body()) > MAX_INTAKE_BYTES:
            too_large.append(item.key)
            await return_unsaid(unit.connection, event.file_id, event.entry_id, TOO_LARGE)
            continue
        attributes = {"qontable.firm": event.firm_id, "qontable.file": event.file_id, "qontable.entry": event.entry_id}
        with span("validate entry", kind=SpanKind.PRODUCER, parent=item.traceparent, attributes=attributes):
            unit.publish(event)
    return too_large


def _event(item: Announcement) -> EntryValidated:
    said = in_words_of(softwares().get(item.target.connector), item.content).model_dump(mode="json", by_alias=True)
    return EntryValidated.model_validate(said | {"validated_by": item.validated_by, "validated_at": now()})


def _recorded(item: Announcement) -> PublishedEntry:
    content, software = item.content, softwares().get(item.target.connector)
    return PublishedEntry(
        firm_id=content.firm_id,
        file_id=content.file_id,
        entry_id=content.entry_id,
        revision=content.revision,
        connector=item.target.connector,
        software_file_id=item.target.software_file_id,
        key=item.key,
        content=content.model_dump(mode="json", by_alias=True),
        documents=tuple(document.sha256 for document in content.documents),
        as_uuid=software is not None and software.uuids,
    )
