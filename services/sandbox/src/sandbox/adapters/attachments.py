"""Files that were uploaded to a client file, before any entry names them."""

from dataclasses import dataclass
from datetime import datetime

from qontable.database import Connection
from sandbox.domain.books import NewDocument


@dataclass(frozen=True, slots=True)
class Attachment:
    """An uploaded file: what it is, and when it came."""

    id: int
    document: NewDocument
    uploaded_at: datetime


async def keep_attachment(connection: Connection, file_id: int, document: NewDocument) -> Attachment:
    """Keep an uploaded file."""
    row = await connection.fetchrow(
        """
        insert into software_attachments (software_file_id, name, media_type, size, sha256)
        values ($1, $2, $3, $4, $5) returning id, uploaded_at
        """,
        file_id,
        document.name,
        document.media_type,
        document.size,
        document.sha256,
    )
    assert row is not None, "an insert that returns has one row"
    return Attachment(row["id"], document, row["uploaded_at"])


async def find_attachment(connection: Connection, file_id: int, attachment_id: int) -> NewDocument | None:
    """An uploaded file of this client file."""
    row = await connection.fetchrow(
        """
        select name, media_type, size, sha256 from software_attachments where software_file_id = $1 and id = $2
        """,
        file_id,
        attachment_id,
    )
    return NewDocument(**row) if row else None
