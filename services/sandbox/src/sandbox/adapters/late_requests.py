"""Requests that a software took and works off later, kept until they are done."""

from collections.abc import Mapping
from dataclasses import dataclass

from qontable.database import Connection


@dataclass(frozen=True, slots=True)
class LateRequest:
    """A request of one client file: its route, the parameters of its query, its bytes."""

    connector: str
    route: str
    software_file_id: int
    query: Mapping[str, str]
    body: bytes


async def put_off(connection: Connection, request: LateRequest, seconds: float) -> None:
    """Keep a request until `seconds` from now."""
    await connection.execute(
        """
        insert into late_requests (connector, route, software_file_id, query, body, due_at)
        values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))
        """,
        request.connector,
        request.route,
        request.software_file_id,
        dict(request.query),
        request.body,
        seconds,
    )


async def take_due(connection: Connection) -> LateRequest | None:
    """The request that has been due longest, gone from the table when the caller's transaction commits."""
    row = await connection.fetchrow(
        """
        delete from late_requests where id = (
            select id from late_requests where due_at <= clock_timestamp() order by due_at, id limit 1
            for update skip locked
        ) returning connector, route, software_file_id, query, body
        """
    )
    return LateRequest(**row) if row else None


async def any_due(connection: Connection) -> bool:
    """Whether a request is due that nobody has worked off."""
    due: bool = await connection.fetchval("select exists (select from late_requests where due_at <= clock_timestamp())")
    return due
