"""Imports that a software registers at once and carries out later. Times are the client file's clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from qontable.database import Connection

State = Literal["waiting", "running", "done", "refused"]


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """A registered import. `effect` is what a fault makes of it, with its seconds."""

    id: UUID
    software_file_id: int
    body: bytes
    effect: str
    effect_seconds: float
    state: State


@dataclass(frozen=True, slots=True)
class ImportState:
    """How far an import is, and why it was refused."""

    id: UUID
    software_file_id: int
    state: State
    reasons: tuple[str, ...]
    received_at: datetime


_STATE = "id, software_file_id, state, reasons, received_at"


async def register(connection: Connection, request: ImportRequest, seconds: float) -> None:
    """Keep an import, to be taken up `seconds` from now."""
    await connection.execute(
        """
        insert into import_requests (id, software_file_id, body, effect, effect_seconds, received_at, due_at)
        select $1, $2, $3, $4, $5, now, now + make_interval(secs => $6) from software_now($2) as now
        """,
        request.id,
        request.software_file_id,
        request.body,
        request.effect,
        request.effect_seconds,
        seconds,
    )


async def take_due(connection: Connection, connector: str) -> ImportRequest | None:
    """The import of a software that has been due longest, locked until the caller's transaction ends."""
    row = await connection.fetchrow(
        """
        select request.id, request.software_file_id, request.body, request.effect, request.effect_seconds,
               request.state
        from import_requests request join software_files file on file.id = request.software_file_id
        where file.connector = $1 and request.state in ('waiting', 'running')
            and request.due_at <= software_now(request.software_file_id)
        order by request.due_at, request.id limit 1 for update of request skip locked
        """,
        connector,
    )
    return ImportRequest(**row) if row else None


async def any_due(connection: Connection, connector: str) -> bool:
    """Whether an import of a software is due that nobody has taken further."""
    due: bool = await connection.fetchval(
        """
        select exists (
            select from import_requests request join software_files file on file.id = request.software_file_id
            where file.connector = $1 and request.state in ('waiting', 'running')
                and request.due_at <= software_now(request.software_file_id)
        )
        """,
        connector,
    )
    return due


async def put_forward(connection: Connection, import_id: UUID, seconds: float) -> None:
    """The import runs, and is looked at again `seconds` from now."""
    await connection.execute(
        """
        update import_requests
        set state = 'running', due_at = software_now(software_file_id) + make_interval(secs => $2) where id = $1
        """,
        import_id,
        seconds,
    )


async def end(connection: Connection, import_id: UUID, reasons: Sequence[str]) -> None:
    """The import is over: refused where there are reasons, else done."""
    await connection.execute(
        """
        update import_requests
        set state = case when cardinality($2::text[]) > 0 then 'refused' else 'done' end, reasons = $2 where id = $1
        """,
        import_id,
        list(reasons),
    )


async def import_state(connection: Connection, import_id: UUID) -> ImportState | None:
    """How far an import is."""
    row = await connection.fetchrow(f"select {_STATE} from import_requests where id = $1", import_id)  # noqa: S608
    return _state(row) if row else None


async def imports_of(connection: Connection, file_id: int) -> list[ImportState]:
    """Every import of a client file, oldest first."""
    rows = await connection.fetch(
        f"select {_STATE} from import_requests where software_file_id = $1 order by received_at, id",  # noqa: S608
        file_id,
    )
    return [_state(row) for row in rows]


def _state(row: Any) -> ImportState:
    return ImportState(**(dict(row) | {"reasons": tuple(row["reasons"])}))
