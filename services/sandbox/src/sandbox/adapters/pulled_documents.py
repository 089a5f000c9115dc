"""Documents that a software fetches by itself: where from, how far, and to which line of which entry they belong.

A document is attached by whoever comes second, the fetching or the booking. Times are the client file's clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from qontable.database import Connection
from sandbox.adapters.booking import attach
from sandbox.domain.books import NewDocument


@dataclass(frozen=True, slots=True)
class DueDocument:
    """A document that has to be fetched now; `tries` is how often that failed."""

    id: int
    uri: str
    tries: int


@dataclass(frozen=True, slots=True)
class PulledDocument:
    """How far a document is. `problem` is why it could not be fetched the last time."""

    place: int
    state: str
    tries: int
    problem: str | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was fetched."""

    document: NewDocument
    content: bytes


async def note(
    connection: Connection, import_id: UUID, documents: Iterable[tuple[int, str]], *, seconds: float, for_seconds: float
) -> None:
    """Keep addresses by the lines that name them: to be fetched from `seconds` on, and given up after `for_seconds`."""
    found = list(documents)
    await connection.execute(
        """
        insert into pulled_documents (import_id, place, uri, due_at, ends_at)
        select request.id, place, uri, request.received_at + make_interval(secs => $4),
               request.received_at + make_interval(secs => $5)
        from import_requests request, unnest($2::integer[], $3::text[]) as document (place, uri)
        where request.id = $1
        """,
        import_id,
        [place for place, _uri in found],
        [uri for _place, uri in found],
        seconds,
        for_seconds,
    )


async def take_due(connection: Connection, connector: str, most: int) -> list[DueDocument]:
    """Documents that are to be fetched now, locked until the caller's transaction ends."""
    rows = await connection.fetch(
        """
        select document.id, document.uri, document.tries
        from pulled_documents document
        join import_requests request on request.id = document.import_id
        join software_files file on file.id = request.software_file_id
        where file.connector = $1 and document.state = 'pending'
            and document.due_at <= software_now(request.software_file_id)
        order by document.due_at, document.id limit $2 for update of document skip locked
        """,
        connector,
        most,
    )
    return [DueDocument(**row) for row in rows]


async def keep(connection: Connection, document_id: int, fetched: Fetched) -> None:
    """A document is there; it is attached if its entry is."""
    document = fetched.document
    row = await connection.fetchrow(
        """
        update pulled_documents set state = 'fetched', problem = null, name = $2, media_type = $3, size = $4,
            sha256 = $5, content = $6
        where id = $1 returning entry_id, entry_line
        """,
        document_id,
        document.name,
        document.media_type,
        document.size,
        document.sha256,
        fetched.content,
    )
    if row and row["entry_id"] is not None:
        await attach(connection, row["entry_id"], replace(document, line=row["entry_line"]))


async def failed(connection: Connection, document_id: int, problem: str, seconds: float) -> None:
    """A document could not be fetched: again `seconds` from now, unless its time is over by now."""
    await connection.execute(
        """
        with asked as (
            select software_now(request.software_file_id) as now
            from pulled_documents document join import_requests request on request.id = document.import_id
            where document.id = $1
        )
        update pulled_documents
        set tries = tries + 1, problem = $2,
            state = case when asked.now >= ends_at then 'missing' else 'pending' end,
            due_at = least(asked.now + make_interval(secs => $3), greatest(ends_at, asked.now))
        from asked where id = $1
        """,
        document_id,
        problem,
        seconds,
    )


async def documents_of(connection: Connection, import_id: UUID) -> list[PulledDocument]:
    """The documents of an import in the order of its lines."""
    rows = await connection.fetch(
        """
        select place, state, tries, problem, sha256 from pulled_documents where import_id = $1 order by place, id
        """,
        import_id,
    )
    return [PulledDocument(**row) for row in rows]


async def belong(connection: Connection, import_id: UUID, entry_id: int, lines: Mapping[int, int]) -> None:
    """The lines of an import, by their places, have become these lines of an entry: attach what is there already."""
    rows = await connection.fetch(
        """
        update pulled_documents document set entry_id = $2, entry_line = line.number
        from unnest($3::integer[], $4::integer[]) as line (place, number)
        where document.import_id = $1 and document.place = line.place
        returning document.id, document.state, document.entry_line, document.name, document.media_type, document.size,
                  document.sha256
        """,
        import_id,
        entry_id,
        list(lines.keys()),
        list(lines.values()),
    )
    for row in sorted((row for row in rows if row["state"] == "fetched"), key=lambda row: row["id"]):
        document = NewDocument(row["name"], row["media_type"], row["size"], row["sha256"])
        await attach(connection, entry_id, replace(document, line=row["entry_line"]))
