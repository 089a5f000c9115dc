"""The stand-in platform's tables: firms, client files, entries and what was heard of them."""

from collections.abc import Sequence
from typing import Any

import orjson

from qontable.database import Connection
from qontable.events.delivery import EntryStatusChanged
from qontable.events.platform import FileCreated, FirmCreated
from sandbox.domain.platform import Newest, Progress, Target, reason_of
from sandbox.domain.published import PublishedEntry


class UnknownFile(LookupError):
    """The platform has no such firm or client file."""


async def put_firm(connection: Connection, firm: FirmCreated) -> int:
    """Keep a firm; the version under which it is now known, higher than any before."""
    return int(
        await connection.fetchval(
            """
            insert into platform_firms (firm_id, version, content) values ($1, 1, $2)
            on conflict (firm_id) do update set version = platform_firms.version + 1, content = excluded.content
            returning version
            """,
            firm.firm_id,
            firm.model_dump(mode="json"),
        )
    )


async def put_file(connection: Connection, file: FileCreated) -> int:
    """Keep a client file of a known firm; its version. Raises `UnknownFile`."""
    version = await connection.fetchval(
        """
        insert into platform_files (file_id, firm_id, version, content)
        select $1, firm_id, 1, $3 from platform_firms where firm_id = $2
        on conflict (file_id) do update set version = platform_files.version + 1, content = excluded.content
            where platform_files.firm_id = excluded.firm_id
        returning version
        """,
        file.file_id,
        file.firm_id,
        file.model_dump(mode="json"),
    )
    if version is None:
        raise UnknownFile(f"no firm {file.firm_id}, or file {file.file_id} belongs to another")
    return int(version)


async def company_name(connection: Connection, firm_id: str, file_id: str) -> str:
    """Whose books the client file is. Raises `UnknownFile`."""
    content = await connection.fetchval(
        "select content from platform_files where file_id = $1 and firm_id = $2", file_id, firm_id
    )
    if content is None:
        raise UnknownFile(f"firm {firm_id} has no file {file_id}")
    return str(content["name"])


async def newest_revisions(connection: Connection, file_ids: Sequence[str], entry_ids: Sequence[str]) -> list[Newest]:
    """The newest revisions of these entries (file and id pairwise), locked until the transaction ends."""
    rows = await connection.fetch(
        """
        select entry.firm_id, entry.file_id, entry.entry_id, entry.key, entry.revision, entry.connector,
               entry.software_file_id, published.content
        from platform_entries entry
        join unnest($1::text[], $2::text[]) as wanted (file_id, entry_id) using (file_id, entry_id)
        join published on published.firm_id = entry.firm_id and published.file_id = entry.file_id
            and published.entry_id = entry.entry_id and published.revision = entry.revision
        order by entry.file_id, entry.entry_id
        for update of entry
        """,
        list(file_ids),
        list(entry_ids),
    )
    return [
        Newest(
            row["firm_id"],
            row["file_id"],
            row["entry_id"],
            row["key"],
            row["revision"],
            Target(row["connector"], row["software_file_id"]),
            row["content"],
        )
        for row in rows
    ]


async def put_revisions(connection: Connection, entries: Sequence[PublishedEntry]) -> None:
    """Make these revisions the newest of their entries; what was heard of earlier ones is history."""
    await connection.execute(
        """
        insert into platform_entries (firm_id, file_id, entry_id, key, revision, connector, software_file_id)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::text[])
        on conflict (file_id, entry_id) do update set revision = excluded.revision, published_at = now(),
            connector = excluded.connector, software_file_id = excluded.software_file_id
        """,
        [entry.firm_id for entry in entries],
        [entry.file_id for entry in entries],
        [entry.entry_id for entry in entries],
        [entry.key for entry in entries],
        [entry.revision for entry in entries],
        [entry.connector for entry in entries],
        [entry.software_file_id for entry in entries],
    )


async def hear(connection: Connection, statuses: Sequence[EntryStatusChanged]) -> None:
    """Keep the newest status of each entry, one status an entry; others are unknown here or older and are ignored."""
    await connection.execute(
        """
        with heard as (
            update platform_entries entry set
                status = said.status, status_revision = said.revision, status_version = said.version,
                detail = said.detail, waiting_for = string_to_array(said.waiting_for, ' '),
                findings = said.findings::jsonb,
                message = said.message, documents = said.documents, changed_at = now()
            from unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::bigint[], $6::text[], $7::text[],
                        $8::text[], $9::jsonb[], $10::text[], $11::text[])
                as said (file_id, entry_id, status, revision, version, detail, waiting_for, findings, message,
                         documents, reason)
            where entry.file_id = said.file_id and entry.entry_id = said.entry_id
                and said.version > coalesce(entry.status_version, 0)
            returning entry.firm_id, entry.file_id, entry.entry_id, said.status, said.revision, said.reason
        )
        update published set
            state = case heard.status when 'to_verify' then 'refused' when 'withdrawn' then 'withdrawn'
                    else 'published' end,
            reason = case when heard.status in ('to_verify', 'withdrawn') then heard.reason end
        from heard
        where published.firm_id = heard.firm_id and published.file_id = heard.file_id
            and published.entry_id = heard.entry_id
            and (published.revision = heard.revision
                 or (heard.status = 'withdrawn' and published.revision < heard.revision))
            and (published.state <> 'published' or heard.status in ('to_verify', 'withdrawn'))
        """,
        [status.file_id for status in statuses],
        [status.entry_id for status in statuses],
        [status.status for status in statuses],
        [status.revision for status in statuses],
        [status.version for status in statuses],
        [status.detail for status in statuses],
        [" ".join(status.waiting_for) for status in statuses],
        [_findings(status) for status in statuses],
        [status.message.model_dump(mode="json") if status.message else None for status in statuses],
        [status.documents for status in statuses],
        [reason_of(status) for status in statuses],
    )


def _findings(status: EntryStatusChanged) -> str:
    """As JSON text: within an array of arrays a list would be one more dimension."""
    return orjson.dumps([finding.model_dump(mode="json") for finding in status.findings]).decode()


async def return_unsaid(connection: Connection, file_id: str, entry_id: str, reason: str) -> None:
    """Note that the newest revision of an entry was never said and is back with the accountant."""
    await connection.execute(
        """
        with returned as (
            update platform_entries set status = 'to_verify', status_revision = revision, detail = 'unsaid',
                changed_at = now()
            where file_id = $1 and entry_id = $2
            returning firm_id, file_id, entry_id, revision
        )
        update published set state = 'refused', reason = $3 from returned
        where published.firm_id = returned.firm_id and published.file_id = returned.file_id
            and published.entry_id = returned.entry_id and published.revision = returned.revision
        """,
        file_id,
        entry_id,
        reason,
    )


STATE = """
    case when status_revision is distinct from revision then 'unseen'
         when status = 'to_verify' then 'returned' else status end
"""


async def progress(connection: Connection, file_id: str) -> Progress:
    """Where the entries of a client file are."""
    rows = await connection.fetch(
        f"""
        select {STATE} as state, waiting_for, count(*) as entries
        from platform_entries where file_id = $1 group by 1, 2
        """,  # noqa: S608 - a constant
        file_id,
    )
    states: dict[str, int] = {}
    waiting: dict[str, int] = {}
    for row in rows:
        states[row["state"]] = states.get(row["state"], 0) + row["entries"]
        for what in row["waiting_for"] if row["state"] == "ready" else ():
            waiting[what] = waiting.get(what, 0) + row["entries"]
    return Progress(sum(states.values()), states, waiting)


async def list_entries(connection: Connection, file_id: str, state: str | None, limit: int) -> list[dict[str, Any]]:
    """Entries of a client file by key with the last that was heard of them, those in one state or all."""
    rows = await connection.fetch(
        f"""
        select * from (
            select entry_id, key, revision, {STATE} as state, status_revision, detail, waiting_for, findings, message,
                   documents, changed_at
            from platform_entries where file_id = $1
        ) entry where $2::text is null or state = $2 order by key limit $3
        """,  # noqa: S608 - a constant
        file_id,
        state,
        limit,
    )
    return [dict(row) for row in rows]
