"""The stand-in platform's documents, and the key that their links are signed with."""

from collections.abc import Sequence
from dataclasses import astuple, fields

from qontable.database import Connection
from sandbox.domain.platform import KeptDocument

_COLUMNS = ", ".join(field.name for field in fields(KeptDocument))


async def link_key(connection: Connection) -> bytes:
    """What links are signed with, the same for every process."""
    return bytes(await connection.fetchval("select key from platform_link_key"))


async def put_documents(connection: Connection, documents: Sequence[KeptDocument]) -> None:
    """Keep documents whose bytes are in storage; one that is known already stays as it is."""
    await connection.executemany(
        f"""
        insert into platform_documents ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict do nothing
        """,  # noqa: S608 - a constant
        [astuple(document) for document in documents],
    )


async def find_documents(connection: Connection, document_ids: Sequence[str]) -> dict[str, KeptDocument]:
    """Known documents by id, also those that are gone."""
    rows = await connection.fetch(
        f"select {_COLUMNS} from platform_documents where document_id = any($1::text[])",  # noqa: S608 - a constant
        list(document_ids),
    )
    return {row["document_id"]: KeptDocument(**dict(row)) for row in rows}


async def forget_document(connection: Connection, document_id: str) -> bool:
    """Let a document be gone; whether there was one."""
    return bool(
        await connection.fetchval(
            "update platform_documents set gone = true where document_id = $1 returning true", document_id
        )
    )
