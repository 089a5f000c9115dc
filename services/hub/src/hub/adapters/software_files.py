"""Files in the accounting software, as the last list of their connection has them."""

from hub.domain.connection import ListedSoftwareFile
from hub.domain.cursor import write_cursor
from qontable.database import Connection as Db
from qontable.events.hub import SoftwareFile


async def replace_software_files(db: Db, check_id: str) -> None:
    """Make what a check listed the connection's software files."""
    await db.execute(
        """
        with listed as (
            select firm_id, connection_id, item ->> 'software_file_id' as software_file_id, item ->> 'name' as name,
                item ->> 'code' as code, item ->> 'siren' as siren
            from connection_check, jsonb_array_elements(software_files) as item
            where check_id = $1
        ), gone as (
            delete from software_file
            where connection_id = (select connection_id from connection_check where check_id = $1)
                and software_file_id not in (select software_file_id from listed)
        )
        insert into software_file (firm_id, connection_id, software_file_id, name, code, siren)
        select distinct on (software_file_id) * from listed
        on conflict (connection_id, software_file_id) do update set
            name = excluded.name, code = excluded.code, siren = excluded.siren
        """,
        check_id,
    )


async def list_software_files(
    db: Db, firm_id: str, connection_id: str, *, text: str | None, after: tuple[str, str] | None, limit: int
) -> tuple[list[ListedSoftwareFile], str | None]:
    """A page of a connection's software files by name, with the client files tied to them, and the next cursor."""
    name, software_file_id = after or (None, None)
    rows = await db.fetch(
        """
        select software_file.software_file_id, software_file.name, software_file.code, software_file.siren,
            integration.file_id as tied_to
        from software_file
        left join integration using (connection_id, software_file_id)
        where software_file.firm_id = $1 and connection_id = $2
            and ($3::text is null
                or strpos(lower(concat_ws(' ', name, software_file_id, code, siren)), lower($3)) > 0)
            and ($4::text is null or (name, software_file_id) > ($4, $5))
        order by name, software_file_id limit $6
        """,
        firm_id,
        connection_id,
        text,
        name,
        software_file_id,
        limit + 1,
    )
    last = rows[limit - 1] if len(rows) > limit else None
    following = write_cursor(last["name"], last["software_file_id"]) if last else None
    return [ListedSoftwareFile.model_validate(dict(row)) for row in rows[:limit]], following


async def list_known(db: Db, firm_id: str, connection_id: str) -> dict[str, ListedSoftwareFile]:
    """Every software file of the connection by its id, with the client file tied to it."""
    rows = await db.fetch(
        """
        select software_file.software_file_id, software_file.name, software_file.code, software_file.siren,
            integration.file_id as tied_to
        from software_file left join integration using (connection_id, software_file_id)
        where software_file.firm_id = $1 and connection_id = $2
        """,
        firm_id,
        connection_id,
    )
    return {row["software_file_id"]: ListedSoftwareFile.model_validate(dict(row)) for row in rows}


async def free_software_files(db: Db, firm_id: str, connection_id: str) -> list[SoftwareFile]:
    """The connection's software files that no client file is tied to."""
    rows = await db.fetch(
        """
        select software_file_id, name, code, siren from software_file
        where firm_id = $1 and connection_id = $2 and not exists (
            select from integration
            where integration.connection_id = software_file.connection_id
                and integration.software_file_id = software_file.software_file_id
        )
        """,
        firm_id,
        connection_id,
    )
    return [SoftwareFile.model_validate(dict(row)) for row in rows]


async def find_software_file(db: Db, firm_id: str, connection_id: str, software_file_id: str) -> SoftwareFile | None:
    """One software file as the connection's last list has it."""
    row = await db.fetchrow(
        """
        select software_file_id, name, code, siren from software_file
        where firm_id = $1 and connection_id = $2 and software_file_id = $3
        """,
        firm_id,
        connection_id,
        software_file_id,
    )
    return SoftwareFile.model_validate(dict(row)) if row else None
