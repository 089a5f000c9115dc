"""Client files as the platform announces them, and the lines of their list."""

from collections.abc import Sequence

from hub.adapters.batch import columns, latest
from hub.domain.client_file import ClientFile, FileState
from hub.domain.cursor import write_cursor
from hub.domain.suggestion import Known
from qontable.database import Connection as Db
from qontable.events.platform import FileClosed, FileCreated


async def keep_files(db: Db, events: Sequence[FileCreated]) -> None:
    """Keep what the platform says of client files; one that is new gets an integration that is tied to nothing."""
    kept = latest(events, lambda event: (event.firm_id, event.file_id), lambda event: event.version)
    await db.execute(
        """
        insert into client_file (firm_id, file_id, version, name, siren, code)
        select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[])
        on conflict (firm_id, file_id) do update set
            version = excluded.version, name = excluded.name, siren = excluded.siren, code = excluded.code
        where client_file.version < excluded.version
        """,
        *columns(
            [(event.firm_id, event.file_id, event.version, event.name, event.siren, event.code) for event in kept]
        ),
    )
    await _ensure_integrations(db, [(event.firm_id, event.file_id) for event in kept])


async def close_files(db: Db, events: Sequence[FileClosed]) -> list[tuple[str, str]]:
    """Note the end of client files, also of ones not heard of yet; the files that were not known to be closed."""
    kept = latest(events, lambda event: (event.firm_id, event.file_id), lambda event: event.version)
    rows = await db.fetch(
        """
        insert into client_file (firm_id, file_id, version, name, closed_at)
        select firm_id, file_id, 0, file_id, closed_at
        from unnest($1::text[], $2::text[], $3::timestamptz[]) as ended (firm_id, file_id, closed_at)
        on conflict (firm_id, file_id) do update set closed_at = excluded.closed_at
        where client_file.closed_at is null
        returning firm_id, file_id
        """,
        *columns([(event.firm_id, event.file_id, event.closed_at) for event in kept]),
    )
    closed = [(row["firm_id"], row["file_id"]) for row in rows]
    await _ensure_integrations(db, closed)
    return closed


async def _ensure_integrations(db: Db, files: Sequence[tuple[str, str]]) -> None:
    if files:
        await db.execute(
            """
            insert into integration (firm_id, file_id) select * from unnest($1::text[], $2::text[])
            on conflict do nothing
            """,
            *columns(files),
        )


async def find_file(db: Db, firm_id: str, file_id: str) -> ClientFile | None:
    """One client file of the firm."""
    row = await db.fetchrow("select * from file_overview where firm_id = $1 and file_id = $2", firm_id, file_id)
    return ClientFile.model_validate(dict(row)) if row else None


async def find_files(db: Db, firm_id: str, file_ids: list[str]) -> list[ClientFile]:
    """Those of the ids that are client files of the firm."""
    rows = await db.fetch(
        "select * from file_overview where firm_id = $1 and file_id = any($2::text[])", firm_id, file_ids
    )
    return [ClientFile.model_validate(dict(row)) for row in rows]


async def list_all(db: Db, firm_id: str) -> list[ClientFile]:
    """Every client file of the firm that is not closed, by name."""
    rows = await db.fetch(
        "select * from file_overview where firm_id = $1 and state <> 'closed' order by name, file_id", firm_id
    )
    return [ClientFile.model_validate(dict(row)) for row in rows]


async def list_files(
    db: Db,
    firm_id: str,
    *,
    text: str | None,
    state: FileState | None,
    connection_id: str | None,
    after: tuple[str, str] | None,
    limit: int,
) -> tuple[list[ClientFile], str | None]:
    """A page of the firm's client files by name, and the next cursor. Closed ones only when they are asked for."""
    name, file_id = after or (None, None)
    rows = await db.fetch(
        """
        select * from file_overview
        where firm_id = $1
            and ($2::text is null or strpos(
                lower(concat_ws(' ', name, siren, code, file_id, software_file ->> 'name', software_file ->> 'code')),
                lower($2)) > 0)
            and (state = $3 or ($3::text is null and state <> 'closed'))
            and ($4::text is null or connection_id = $4)
            and ($5::text is null or (name, file_id) > ($5, $6))
        order by name, file_id limit $7
        """,
        firm_id,
        text,
        state,
        connection_id,
        name,
        file_id,
        limit + 1,
    )
    last = rows[limit - 1] if len(rows) > limit else None
    following = write_cursor(last["name"], last["file_id"]) if last else None
    return [ClientFile.model_validate(dict(row)) for row in rows[:limit]], following


async def count_files(db: Db, firm_id: str) -> dict[str | None, dict[FileState, int]]:
    """Connection → state → number of client files; those tied to nothing under None."""
    rows = await db.fetch(
        """
        select connection_id, state, count(*) as files from file_overview
        where firm_id = $1 and state <> 'closed' group by connection_id, state
        """,
        firm_id,
    )
    counts: dict[str | None, dict[FileState, int]] = {}
    for row in rows:
        counts.setdefault(row["connection_id"], {})[row["state"]] = row["files"]
    return counts


async def unmapped_files(db: Db, firm_id: str, file_id: str | None) -> list[Known]:
    """The firm's client files that are tied to nothing, or the one that is asked for if it is not, by name."""
    rows = await db.fetch(
        """
        select file_id, name, siren, code from file_overview
        where firm_id = $1 and state = 'to_map' and ($2::text is null or file_id = $2)
        order by name, file_id
        """,
        firm_id,
        file_id,
    )
    return [Known(**row) for row in rows]
