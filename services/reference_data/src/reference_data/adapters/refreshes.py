"""Wishes to have reference data fetched, and what became of each."""

from collections.abc import Sequence
from datetime import timedelta

from qontable.database import Connection
from qontable.events.reference import AccountsFetched, AccountsRefreshRequested, Failure


async def save_asked(connection: Connection, requests: Sequence[AccountsRefreshRequested]) -> None:
    """Enter refreshes as asked; ones that are known already, or of files unknown here, are left as they are."""
    await connection.executemany(
        """
        insert into refresh (refresh_id, firm_id, file_id, connection_id, connector, software_file_id, kinds, reason,
                             state, requested_at)
        select $1, $2, $3, $4, $5, $6, $7, $8, 'asked', $9 where exists (select from file where file_id = $3)
        on conflict (refresh_id) do nothing
        """,
        [
            (
                request.refresh_id,
                request.firm_id,
                request.file_id,
                request.connection_id,
                request.connector,
                request.software_file_id,
                list(request.kinds),
                request.reason,
                request.requested_at,
            )
            for request in requests
        ],
    )


async def end_refresh(connection: Connection, fetched: AccountsFetched, state: str, detail: str = "") -> None:
    """Note what became of a refresh; a later fetch of the same refresh may say better than an earlier failure."""
    await connection.execute(
        """
        update refresh set state = $2, detail = $3, fetch_id = $4, failure = $5, ended_at = now()
        where refresh_id = $1 and state <> 'applied'
        """,
        fetched.refresh_id,
        state,
        detail,
        fetched.fetch_id,
        _failure(fetched.failure),
    )


def _failure(failure: Failure | None) -> dict[str, object] | None:
    return failure.model_dump(mode="json") if failure else None


async def take_unanswered(
    connection: Connection, waited: timedelta, limit: int
) -> list[tuple[AccountsRefreshRequested, int]]:
    """Refreshes that got no answer for so long, with how often each was asked; rows locked, marked as asked now."""
    rows = await connection.fetch(
        """
        update refresh set asked_at = now(), times_asked = times_asked + 1
        where refresh_id in (
            select refresh_id from refresh where state = 'asked' and asked_at < now() - $1::interval
            order by asked_at limit $2 for update skip locked)
        returning refresh_id, firm_id, file_id, connection_id, connector, software_file_id, kinds, reason, requested_at,
                  times_asked
        """,
        waited,
        limit,
    )
    return [(AccountsRefreshRequested.model_validate(dict(row)), row["times_asked"]) for row in rows]


async def give_up(connection: Connection, refresh_id: str, detail: str) -> None:
    """A refresh that nobody answers ends as failed."""
    await connection.execute(
        "update refresh set state = 'failed', detail = $2, ended_at = now() where refresh_id = $1", refresh_id, detail
    )


async def end_left(
    connection: Connection, file_id: str, connection_id: str | None, software_file_id: str | None
) -> None:
    """Nothing more is expected of refreshes of a software file that the client file is not tied to any more."""
    await connection.execute(
        """
        update refresh
        set state = 'ignored', detail = 'the file is tied to another software file by now', ended_at = now()
        where file_id = $1 and state in ('asked', 'waits_for_person')
          and (connection_id, software_file_id) is distinct from ($2, $3)
        """,
        file_id,
        connection_id,
        software_file_id,
    )


async def under_way(connection: Connection, file_id: str, software_file_id: str) -> bool:
    """Whether a refresh of this software file is on its way."""
    found: bool = await connection.fetchval(
        """
        select exists (select from refresh where file_id = $1 and software_file_id = $2 and state = 'asked')
        """,
        file_id,
        software_file_id,
    )
    return found


async def waiting_fetch(connection: Connection, refresh_id: str) -> str | None:
    """The fetch of a refresh that waits for a person, its row locked."""
    fetch_id: str | None = await connection.fetchval(
        "select fetch_id from refresh where refresh_id = $1 and state = 'waits_for_person' for update", refresh_id
    )
    return fetch_id


async def list_waiting(connection: Connection) -> list[dict[str, object]]:
    """Every refresh that waits for a person, oldest first."""
    rows = await connection.fetch(
        """
        select refresh_id, file_id, software_file_id, detail, requested_at from refresh
        where state = 'waits_for_person' order by requested_at
        """
    )
    return [dict(row) for row in rows]
