"""The table of what the stand-in platform published: its side of the judgement.

The platform records revisions in the transaction in which it publishes them, and sets `state` and `reason` of those
that were withdrawn or came back when it hears of it.
"""

from collections.abc import AsyncIterator, Mapping, Sequence

from qontable.database import Connection
from sandbox.domain.published import History, PublishedEntry, Revision


async def record(conn: Connection, rows: Sequence[PublishedEntry]) -> None:
    """Record revisions as published. A revision that is there already stays as it was: the first body counts."""
    await conn.execute(
        """
        insert into published (firm_id, file_id, entry_id, revision, connector, software_file_id, key, reference,
                               journal_code, content, documents)
        select firm_id, file_id, entry_id, revision, connector, software_file_id, key, reference, journal_code, content,
               string_to_array(documents, ' ')
        from unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::text[],
                    $9::text[], $10::jsonb[], $11::text[])
            as row(firm_id, file_id, entry_id, revision, connector, software_file_id, key, reference, journal_code,
                   content, documents)
        on conflict (firm_id, file_id, entry_id, revision) do nothing
        """,
        [row.firm_id for row in rows],
        [row.file_id for row in rows],
        [row.entry_id for row in rows],
        [row.revision for row in rows],
        [row.connector for row in rows],
        [row.software_file_id for row in rows],
        [row.key for row in rows],
        [row.reference for row in rows],
        [row.journal_code for row in rows],
        [row.content for row in rows],
        [" ".join(row.documents) for row in rows],
    )


async def mark(conn: Connection, marks: Mapping[tuple[str, str], str]) -> None:
    """Note by which mark each entry (its file and id) is known in a software that has no references."""
    await conn.execute(
        """
        update published set mark = said.mark
        from unnest($1::text[], $2::text[], $3::text[]) as said (file_id, entry_id, mark)
        where published.file_id = said.file_id and published.entry_id = said.entry_id and published.mark is null
        """,
        [file_id for file_id, _entry_id in marks],
        [entry_id for _file_id, entry_id in marks],
        list(marks.values()),
    )


async def last_published_to(conn: Connection, connector: str | None) -> tuple[str, str] | None:
    """Connector and software file that was published to last."""
    row = await conn.fetchrow(
        """
        select connector, software_file_id from published where connector = coalesce($1, connector)
        order by published_at desc limit 1
        """,
        connector,
    )
    return (row["connector"], row["software_file_id"]) if row else None


async def histories(
    conn: Connection, connector: str, software_file_ids: Sequence[str], size: int
) -> AsyncIterator[list[History]]:
    """Every published entry with its revisions, newest first, at most about `size` entries at a time.

    The caller holds a transaction, so that the whole is of one moment.
    """
    cursor = await conn.cursor(
        """
        select software_file_id, reference, revision, state, reason, key, content, documents, journal_code,
               max(mark) over (partition by software_file_id, reference) as mark
        from published where connector = $1 and software_file_id = any($2::text[])
        order by software_file_id, reference, revision desc
        """,
        connector,
        list(software_file_ids),
    )
    begun: list[History] = []
    while rows := await cursor.fetch(size):
        for row in rows:
            values = dict(row)
            place = (values.pop("software_file_id"), values.pop("reference"))
            mark = values.pop("mark")
            values["documents"] = tuple(values["documents"])
            if not begun or (begun[-1].software_file_id, begun[-1].reference) != place:
                begun.append(History(*place, mark))
            begun[-1].revisions.append(Revision(**values))
        yield begun[:-1]
        begun = begun[-1:]
    if begun:
        yield begun
