"""Client files that were asked for, and the platform's answers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.domain.file_creation import FileCreation
from qontable.database import Connection as Db
from qontable.events.hub import FileCreationRequested


@dataclass(frozen=True, slots=True)
class Answered:
    """A creation that has its client file: what it is to be tied to, and who asked."""

    connection_id: str
    connector: str
    software_file_id: str
    requested_by: str


async def keep_request(db: Db, event: FileCreationRequested, *, patience: timedelta) -> bool:
    """Keep a request; false where it was answered, or asked less than `patience` ago and may still be."""
    done: str = await db.execute(
        """
        insert into file_creation (firm_id, creation_id, connection_id, software_file_id, requested_by, requested_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (firm_id, creation_id) do update set
            requested_by = excluded.requested_by, requested_at = excluded.requested_at
        where file_creation.file_id is null and file_creation.requested_at < excluded.requested_at - $7::interval
        """,
        event.firm_id,
        event.creation_id,
        event.connection_id,
        event.software_file.software_file_id,
        event.requested_by,
        event.requested_at,
        patience,
    )
    return done == "INSERT 0 1"


async def list_creations(db: Db, firm_id: str, connection_id: str) -> list[FileCreation]:
    """What was asked for by way of a connection, latest first."""
    rows = await db.fetch(
        """
        select *, case when file_id is null then 'asked' else 'created' end as state from file_creation
        where firm_id = $1 and connection_id = $2 order by requested_at desc, creation_id
        """,
        firm_id,
        connection_id,
    )
    return [FileCreation.model_validate(dict(row)) for row in rows]


async def created_for(db: Db, firm_id: str, connection_id: str) -> dict[str, str]:
    """Software file → the client file that the platform created for it."""
    rows = await db.fetch(
        """
        select software_file_id, file_id from file_creation
        where firm_id = $1 and connection_id = $2 and file_id is not null
        """,
        firm_id,
        connection_id,
    )
    return {row["software_file_id"]: row["file_id"] for row in rows}


async def answer(db: Db, firm_id: str, creation_id: str, file_id: str, at: datetime) -> Answered | None:
    """Note the platform's answer; nothing where none was awaited."""
    row = await db.fetchrow(
        """
        update file_creation set file_id = $3, answered_at = $4 from connection
        where file_creation.firm_id = $1 and creation_id = $2 and file_id is null
            and connection.connection_id = file_creation.connection_id
        returning file_creation.connection_id, connection.connector, software_file_id, requested_by
        """,
        firm_id,
        creation_id,
        file_id,
        at,
    )
    return Answered(**row) if row else None
