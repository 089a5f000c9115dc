"""Twice is once: which records of a batch this consumer has not acted on yet (DESIGN 4)."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from qontable.database import Connection
from qontable.envelope import Envelope


class Identified(Protocol):
    """Something with an envelope and the hash of its body."""

    @property
    def envelope(self) -> Envelope: ...

    @property
    def hash(self) -> bytes: ...


Record = TypeVar("Record", bound=Identified)


async def take_new(
    connection: Connection, consumer: str, records: Sequence[Record]
) -> tuple[list[Record], list[Record], list[Record]]:
    """Split records into new ones, repeats, and impostors: a known identity with another body.

    New ones are entered in the inbox within the caller's transaction; repeats are counted there.
    """
    first: dict[tuple[str, str], Record] = {}
    for record in records:
        first.setdefault(_identity(record), record)
    known = await _known_hashes(connection, consumer, list(first.values()))
    new = [record for identity, record in first.items() if identity not in known]
    hashes = {identity: record.hash for identity, record in first.items()} | known
    again = [record for record in records if first[_identity(record)] is not record or _identity(record) in known]
    repeats = [record for record in again if record.hash == hashes[_identity(record)]]
    impostors = [record for record in again if record.hash != hashes[_identity(record)]]
    await _count_repeats(connection, consumer, repeats)
    return new, repeats, impostors


async def _known_hashes(
    connection: Connection, consumer: str, records: Sequence[Identified]
) -> dict[tuple[str, str], bytes]:
    """Enter what is new; the hashes of what was there before."""
    sources = [record.envelope.source for record in records]
    ids = [record.envelope.event_id for record in records]
    entered = await connection.fetch(
        """
        insert into inbox (consumer, source, event_id, body_hash)
        select $1, * from unnest($2::text[], $3::text[], $4::bytea[])
        on conflict do nothing
        returning source, event_id
        """,
        consumer,
        sources,
        ids,
        [record.hash for record in records],
    )
    if len(entered) == len(records):
        return {}
    rows = await connection.fetch(
        """
        select source, event_id, body_hash from inbox
        join unnest($2::text[], $3::text[]) as wanted (source, event_id) using (source, event_id)
        where consumer = $1
        """,
        consumer,
        sources,
        ids,
    )
    new = {(row["source"], row["event_id"]) for row in entered}
    return {
        (row["source"], row["event_id"]): bytes(row["body_hash"])
        for row in rows
        if (row["source"], row["event_id"]) not in new
    }


async def _count_repeats(connection: Connection, consumer: str, repeats: Sequence[Identified]) -> None:
    if repeats:
        await connection.execute(
            """
            update inbox set repeats = repeats + 1
            from unnest($2::text[], $3::text[]) as again (source, event_id)
            where inbox.consumer = $1 and inbox.source = again.source and inbox.event_id = again.event_id
            """,
            consumer,
            [record.envelope.source for record in repeats],
            [record.envelope.event_id for record in repeats],
        )


def _identity(record: Identified) -> tuple[str, str]:
    return record.envelope.source, record.envelope.event_id
