"""The client files of a software, by the vendor's id, by the firm's code, or all of a firm."""

from qontable.database import Connection
from sandbox.domain.books import SoftwareFile

_FILE = "id, connector, firm, code, name, siret, unique_references, answers_with_entry, books_as_draft"


async def firm_files(connection: Connection, connector: str, firm: str) -> list[SoftwareFile]:
    """Every client file of a firm, oldest first."""
    rows = await connection.fetch(
        f"select {_FILE} from software_files where connector = $1 and firm = $2 order by id",  # noqa: S608
        connector,
        firm,
    )
    return [SoftwareFile(**row) for row in rows]


async def file_by_id(connection: Connection, connector: str, firm: str, file_id: int) -> SoftwareFile | None:
    """A client file of this firm by the vendor's id."""
    row = await connection.fetchrow(
        f"select {_FILE} from software_files where id = $1 and connector = $2 and firm = $3",  # noqa: S608
        file_id,
        connector,
        firm,
    )
    return SoftwareFile(**row) if row else None


async def file_of(connection: Connection, file_id: int) -> SoftwareFile:
    """A client file that is known to exist. Raises `LookupError` all the same."""
    row = await connection.fetchrow(f"select {_FILE} from software_files where id = $1", file_id)  # noqa: S608
    if row is None:
        raise LookupError(f"no software file {file_id}")
    return SoftwareFile(**row)


async def file_by_code(connection: Connection, connector: str, code: str) -> SoftwareFile | None:
    """A client file by the firm's own code, or by the vendor's id where no code is that."""
    row = await connection.fetchrow(
        f"""
        select {_FILE} from software_files where connector = $1 and (code = $2 or id::text = $2)
        order by code = $2 desc limit 1
        """,  # noqa: S608
        connector,
        code,
    )
    return SoftwareFile(**row) if row else None
