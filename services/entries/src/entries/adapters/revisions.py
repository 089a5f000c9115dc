"""Revisions of entries as they came: kept for ever, the superseded ones too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from entries.domain.facts import EntryFacts, EntryKey, columns
from qontable.database import Connection

RevisionKey = tuple[str, str, int]
"""Client file, entry and revision."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision to be kept: the event's body as it came, its hash, and the trace it belongs to."""

    key: EntryKey
    revision: int
    content: bytes
    content_hash: bytes
    validated_at: datetime
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class KeptRevision:
    """A revision's body, and when it was validated and received."""

    content: str
    validated_at: datetime
    received_at: datetime


async def fetch_hashes(connection: Connection, wanted: Sequence[RevisionKey]) -> dict[RevisionKey, bytes]:
    """The hash of the body of each of these revisions that is kept."""
    rows = await connection.fetch(
        """
        select file_id, entry_id, revision, content_hash from revisions
        join unnest($1::text[], $2::text[], $3::integer[]) as named (file_id, entry_id, revision)
            using (file_id, entry_id, revision)
        """,
        [file_id for file_id, _, _ in wanted],
        [entry_id for _, entry_id, _ in wanted],
        [revision for _, _, revision in wanted],
    )
    return {(row["file_id"], row["entry_id"], row["revision"]): bytes(row["content_hash"]) for row in rows}


async def insert_revisions(connection: Connection, revisions: Sequence[Revision], now: datetime) -> None:
    """Keep new revisions. Their entries' rows are locked, so none can come twice."""
    await connection.execute(
        """
        insert into revisions
            (file_id, entry_id, revision, content, content_bytes, content_hash, validated_at, traceparent, received_at)
        select file_id, entry_id, revision, content::json, octet_length(content), content_hash, validated_at,
            traceparent, $8
        from unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::bytea[], $6::timestamptz[], $7::text[])
            as new (file_id, entry_id, revision, content, content_hash, validated_at, traceparent)
        """,
        *columns([revision.key for revision in revisions]),
        [revision.revision for revision in revisions],
        [revision.content.decode() for revision in revisions],
        [revision.content_hash for revision in revisions],
        [revision.validated_at for revision in revisions],
        [revision.traceparent for revision in revisions],
        now,
    )


async def fetch_newest(connection: Connection, facts: Sequence[EntryFacts]) -> dict[EntryKey, KeptRevision]:
    """The newest revision of each of these entries."""
    rows = await connection.fetch(
        """
        select file_id, entry_id, content::text, validated_at, received_at from revisions
        join unnest($1::text[], $2::text[], $3::integer[]) as newest (file_id, entry_id, revision)
            using (file_id, entry_id, revision)
        """,
        *columns([entry.key for entry in facts]),
        [entry.revision for entry in facts],
    )
    return {
        (row["file_id"], row["entry_id"]): KeptRevision(row["content"], row["validated_at"], row["received_at"])
        for row in rows
    }


async def fetch_content(connection: Connection, file_id: str, entry_id: str, revision: int) -> str:
    """The body of one revision. It exists: nothing deletes revisions."""
    content: str = await connection.fetchval(
        "select content::text from revisions where file_id = $1 and entry_id = $2 and revision = $3",
        file_id,
        entry_id,
        revision,
    )
    return content
