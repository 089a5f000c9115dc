"""What a firm decided for each client file, and the event that says it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from hub.adapters.batch import columns
from hub.domain.client_file import BeforeSendFrom
from qontable.database import Connection as Db
from qontable.events.hub import FileIntegrationChanged, FilePolicies, SoftwareFile


async def lock_integration(db: Db, firm_id: str, file_id: str) -> bool:
    """Hold the integration's row until the transaction ends: versions are assigned under this lock."""
    found = await db.fetchval(
        "select true from integration where firm_id = $1 and file_id = $2 for update", firm_id, file_id
    )
    return bool(found)


async def read_state(db: Db, firm_id: str, file_id: str) -> FileIntegrationChanged:
    """The integration's whole state as it is published."""
    row = await db.fetchrow("select * from integration where firm_id = $1 and file_id = $2", firm_id, file_id)
    return _state(row)


async def read_states_after(db: Db, after: tuple[str, str], limit: int) -> list[FileIntegrationChanged]:
    """The next states in the order of firm and file, locked so that no change overtakes them on the topic."""
    rows = await db.fetch(
        """
        select * from integration where (firm_id, file_id) > ($1, $2) and version > 0
        order by firm_id, file_id limit $3 for update
        """,
        *after,
        limit,
    )
    return [_state(row) for row in rows]


async def set_mapping(
    db: Db, firm_id: str, file_id: str, *, connection_id: str, connector: str, software_file: SoftwareFile
) -> None:
    """Tie the file to a software file, to be activated anew. Raises `UniqueViolationError` when that one is taken."""
    await db.execute(
        """
        update integration set
            connection_id = $3, connector = $4, software_file = $5, active = false, send_from = null,
            before_send_from = 'wait', version = version + 1
        where firm_id = $1 and file_id = $2
        """,
        firm_id,
        file_id,
        connection_id,
        connector,
        software_file.model_dump(),
    )


async def clear_mapping(db: Db, firm_id: str, file_id: str) -> None:
    """Tie the file to nothing."""
    await db.execute(
        """
        update integration set
            connection_id = null, connector = null, software_file = null, active = false, send_from = null,
            before_send_from = 'wait', version = version + 1
        where firm_id = $1 and file_id = $2
        """,
        firm_id,
        file_id,
    )


async def set_active(db: Db, firm_id: str, file_id: str, *, send_from: date, before_send_from: BeforeSendFrom) -> None:
    """Entries dated from `send_from` leave; `before_send_from` decides about the others."""
    await db.execute(
        """
        update integration set active = true, send_from = $3, before_send_from = $4, version = version + 1
        where firm_id = $1 and file_id = $2
        """,
        firm_id,
        file_id,
        send_from,
        before_send_from,
    )


async def set_inactive(db: Db, files: Sequence[tuple[str, str]]) -> list[FileIntegrationChanged]:
    """Nothing leaves any more for these (firm, file); the new states of those that were active."""
    rows = await db.fetch(
        """
        update integration set active = false, version = version + 1
        from unnest($1::text[], $2::text[]) as ended (firm_id, file_id)
        where integration.firm_id = ended.firm_id and integration.file_id = ended.file_id and active
        returning integration.*
        """,
        *columns(files),
    )
    return [_state(row) for row in rows]


async def set_journal_map(db: Db, firm_id: str, file_id: str, journal_map: dict[str, str]) -> None:
    """Which journal of the software takes which journal of Qonto."""
    await db.execute(
        "update integration set journal_map = $3, version = version + 1 where firm_id = $1 and file_id = $2",
        firm_id,
        file_id,
        journal_map,
    )


async def set_policies(db: Db, firm_id: str, file_id: str, policies: FilePolicies) -> None:
    """What is done for the file where the software leaves a choice."""
    await db.execute(
        "update integration set policies = $3, version = version + 1 where firm_id = $1 and file_id = $2",
        firm_id,
        file_id,
        policies.model_dump(),
    )


async def tied_to(db: Db, firm_id: str, connection_id: str, software_file_id: str) -> str | None:
    """The client file that is tied to a software file."""
    file_id: str | None = await db.fetchval(
        "select file_id from integration where firm_id = $1 and connection_id = $2 and software_file_id = $3",
        firm_id,
        connection_id,
        software_file_id,
    )
    return file_id


def _state(row: Any) -> FileIntegrationChanged:
    return FileIntegrationChanged(
        firm_id=row["firm_id"],
        file_id=row["file_id"],
        version=row["version"],
        connection_id=row["connection_id"],
        connector=row["connector"],
        software_file=row["software_file"],
        active=row["active"],
        send_from=row["send_from"].isoformat() if row["send_from"] else None,
        before_send_from=row["before_send_from"],
        journal_map=row["journal_map"],
        policies=row["policies"],
    )
