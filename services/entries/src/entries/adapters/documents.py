"""Document rows: wanted by intake, fetched under a lease, kept, refused, or waiting for a fresh link."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from entries.domain.facts import DocumentFacts, EntryKey, columns
from qontable.database import Connection
from qontable.entry import Finding
from qontable.events.platform import DocumentLinkRenewed, WireDocument


@dataclass(frozen=True, slots=True)
class WantedDocument:
    """A document that a new revision names."""

    key: EntryKey
    firm_id: str
    revision: int
    document: WireDocument
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class LeasedDocument:
    """A document to be fetched by the holder of `lease`, with what was announced of it."""

    key: EntryKey
    document_id: str
    firm_id: str
    revision: int
    sha256: str
    size: int
    media_type: str
    url: str
    url_expires_at: datetime
    tries: int
    asks: int
    lease: uuid.UUID
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class SettledDocument:
    """What became of a document: it lies in storage under a key, or cannot be taken because of a finding."""

    document: LeasedDocument
    storage_key: str | None = None
    finding: Finding | None = None

    @property
    def state(self) -> Literal["kept", "refused"]:
        """The row's state."""
        return "refused" if self.finding else "kept"


async def want_documents(connection: Connection, wanted: Sequence[WantedDocument], now: datetime) -> None:
    """Want the documents of newer revisions, at most one row per entry and document.

    A document with the content that is kept already stays kept; any other is fetched (again) under its new link.
    """
    await connection.execute(
        """
        insert into documents (file_id, entry_id, document_id, firm_id, revision, sha256, size, media_type, url,
            url_expires_at, traceparent, due_at)
        select *, $12 from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[],
            $7::bigint[], $8::text[], $9::text[], $10::timestamptz[], $11::text[])
        on conflict (file_id, entry_id, document_id) do update set
            revision = excluded.revision, sha256 = excluded.sha256, size = excluded.size,
            media_type = excluded.media_type, url = excluded.url, url_expires_at = excluded.url_expires_at,
            traceparent = excluded.traceparent, due_at = excluded.due_at, tries = 0, links_asked = 0,
            asks = 0, lease = null, leased_until = null,
            finding = null,
            state = case when (documents.state, documents.sha256, documents.media_type)
                = ('kept', excluded.sha256, excluded.media_type) then 'kept' else 'wanted' end
        where documents.revision < excluded.revision
        """,
        *columns([item.key for item in wanted]),
        [item.document.document_id for item in wanted],
        [item.firm_id for item in wanted],
        [item.revision for item in wanted],
        [item.document.sha256 for item in wanted],
        [item.document.size for item in wanted],
        [item.document.media_type for item in wanted],
        [item.document.url for item in wanted],
        [item.document.url_expires_at for item in wanted],
        [item.traceparent for item in wanted],
        now,
    )


async def lease_wanted(connection: Connection, now: datetime, limit: int, lease_for: timedelta) -> list[LeasedDocument]:
    """Documents to fetch now, those whose link ends first before the others, leased so that nobody else does."""
    return await _lease(connection, "state = 'wanted'", now, limit, lease_for)


async def lease_unanswered(
    connection: Connection, now: datetime, limit: int, lease_for: timedelta
) -> list[LeasedDocument]:
    """Documents whose fresh link was asked for and did not come in time, leased likewise."""
    return await _lease(connection, "state = 'link_asked'", now, limit, lease_for)


async def _lease(
    connection: Connection, condition: str, now: datetime, limit: int, lease_for: timedelta
) -> list[LeasedDocument]:
    lease = uuid.uuid4()
    rows = await connection.fetch(
        f"""
        update documents set lease = $3, leased_until = $4, tries = tries + 1
        where (file_id, entry_id, document_id) in (
            select file_id, entry_id, document_id from documents
            where {condition} and due_at <= $1 and (leased_until is null or leased_until < $1)
            order by url_expires_at limit $2 for update skip locked
        )
        returning *
        """,  # noqa: S608 - conditions are the two above
        now,
        limit,
        lease,
        now + lease_for,
    )
    return [_leased(row) for row in rows]


async def save_settled(connection: Connection, settled: Sequence[SettledDocument]) -> None:
    """These documents lie in storage, or cannot be taken. A lease that has passed to somebody else changes nothing."""
    await connection.execute(
        """
        update documents set lease = null, leased_until = null, state = settled.state,
            storage_key = coalesce(settled.storage_key, documents.storage_key),
            finding = coalesce(settled.finding, documents.finding)
        from unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::jsonb[])
            as settled (file_id, entry_id, document_id, lease, state, storage_key, finding)
        where documents.file_id = settled.file_id and documents.entry_id = settled.entry_id
            and documents.document_id = settled.document_id and documents.lease = settled.lease
        """,
        *columns([item.document.key for item in settled]),
        [item.document.document_id for item in settled],
        [item.document.lease for item in settled],
        [item.state for item in settled],
        [item.storage_key for item in settled],
        [_content(item.finding) if item.finding else None for item in settled],
    )


async def save_link_asked(connection: Connection, document: LeasedDocument, again_at: datetime) -> bool:
    """A fresh link is awaited until `again_at`. False when somebody else has settled the document meanwhile."""
    ended = "links_asked = links_asked + (state = 'wanted')::integer"
    return await _settle(connection, document, f"state = 'link_asked', {ended}, asks = asks + 1, due_at = $5", again_at)


async def save_later(connection: Connection, document: LeasedDocument, due_at: datetime) -> None:
    """The document is tried again at `due_at`."""
    await _settle(connection, document, "due_at = $5", due_at)


async def _settle(connection: Connection, document: LeasedDocument, change: str, *values: Any) -> bool:
    settled = await connection.fetchval(
        f"""
        update documents set lease = null, leased_until = null, {change}
        where file_id = $1 and entry_id = $2 and document_id = $3 and lease = $4
        returning true
        """,  # noqa: S608 - changes are the two above
        *document.key,
        document.document_id,
        document.lease,
        *values,
    )
    return bool(settled)


async def renew_links(
    connection: Connection, event: DocumentLinkRenewed, now: datetime, pauses: Sequence[timedelta]
) -> None:
    """Fetch the document under its fresh link, for every entry that still wants it.

    `pauses` says how long the first, second, … renewal waits: a link that ends at once is no reason to run in circles.
    """
    await connection.execute(
        """
        update documents set state = 'wanted', url = $4, url_expires_at = $5, tries = 0, asks = 0, lease = null,
            leased_until = null, due_at = $6::timestamptz
                + ($7::interval[])[least(greatest(links_asked, 1), cardinality($7::interval[]))]
        where file_id = $1 and document_id = $2 and firm_id = $3 and state in ('wanted', 'link_asked')
        """,
        event.file_id,
        event.document_id,
        event.firm_id,
        event.url,
        event.url_expires_at,
        now,
        pauses,
    )


async def refuse_gone(connection: Connection, event: DocumentLinkRenewed, finding: Finding) -> None:
    """The document does not exist any more."""
    await connection.execute(
        """
        update documents set state = 'refused', finding = $4, lease = null, leased_until = null
        where file_id = $1 and document_id = $2 and firm_id = $3 and state in ('wanted', 'link_asked')
        """,
        event.file_id,
        event.document_id,
        event.firm_id,
        _content(finding),
    )


async def fetch_wanting(connection: Connection, event: DocumentLinkRenewed) -> list[EntryKey]:
    """The entries that still want a document."""
    rows = await connection.fetch(
        """
        select file_id, entry_id from documents
        where file_id = $1 and document_id = $2 and state in ('wanted', 'link_asked')
        """,
        event.file_id,
        event.document_id,
    )
    return [(row["file_id"], row["entry_id"]) for row in rows]


async def fetch_documents(connection: Connection, keys: Sequence[EntryKey]) -> dict[EntryKey, dict[str, DocumentFacts]]:
    """How the documents of these entries stand, by document."""
    rows = await connection.fetch(
        """
        select file_id, entry_id, document_id, case when state = 'kept' then storage_key end as storage_key, finding
        from documents join unnest($1::text[], $2::text[]) as named (file_id, entry_id) using (file_id, entry_id)
        """,
        *columns(keys),
    )
    found: dict[EntryKey, dict[str, DocumentFacts]] = {}
    for row in rows:
        finding = Finding(**row["finding"]) if row["finding"] else None
        facts = DocumentFacts(row["document_id"], row["storage_key"], finding)
        found.setdefault((row["file_id"], row["entry_id"]), {})[row["document_id"]] = facts
    return found


def _content(finding: Finding) -> dict[str, Any]:
    return {"code": finding.code, "where": finding.where, "values": finding.values}


def _leased(row: Any) -> LeasedDocument:
    return LeasedDocument(
        key=(row["file_id"], row["entry_id"]),
        document_id=row["document_id"],
        firm_id=row["firm_id"],
        revision=row["revision"],
        sha256=row["sha256"],
        size=row["size"],
        media_type=row["media_type"],
        url=row["url"],
        url_expires_at=row["url_expires_at"],
        tries=row["tries"],
        asks=row["asks"],
        lease=row["lease"],
        traceparent=row["traceparent"],
    )
