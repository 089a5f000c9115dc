"""Client files: what they are tied to, and where their reference data stands."""

from dataclasses import dataclass
from datetime import datetime

from qontable.database import Connection
from qontable.events.hub import FileIntegrationChanged


@dataclass(frozen=True, slots=True)
class File:
    """One client file; without `connection_id` it is tied to no software file."""

    file_id: str
    firm_id: str
    integration_version: int
    connection_id: str | None
    connector: str | None
    software_file_id: str | None
    closed: bool
    version: int
    snapshot_connection_id: str | None
    snapshot_software_file_id: str | None

    @property
    def tie(self) -> tuple[str, str | None, str | None]:
        """Whose it is, and the connection and software file it is tied to."""
        return self.firm_id, self.connection_id, self.software_file_id

    @property
    def remapped(self) -> bool:
        """Whether the rows that are held belong to another software file, or none are held yet."""
        return (self.connection_id, self.software_file_id) != (
            self.snapshot_connection_id,
            self.snapshot_software_file_id,
        )


_COLUMNS = """file_id, firm_id, integration_version, connection_id, connector, software_file_id, closed, version,
    snapshot_connection_id, snapshot_software_file_id"""


async def lock_file(connection: Connection, file_id: str) -> File | None:
    """The file, its row locked until the transaction ends."""
    row = await connection.fetchrow(f"select {_COLUMNS} from file where file_id = $1 for update", file_id)  # noqa: S608
    return File(**row) if row else None


async def save_integration(connection: Connection, change: FileIntegrationChanged, weekly_due_at: datetime) -> None:
    """Tie the file as the change says; the caller holds its row and has compared versions."""
    await connection.execute(
        """
        insert into file (file_id, firm_id, integration_version, connection_id, connector, software_file_id,
                          weekly_due_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (file_id) do update set
            integration_version = excluded.integration_version, connection_id = excluded.connection_id,
            connector = excluded.connector, software_file_id = excluded.software_file_id,
            weekly_due_at = case
                when (file.connection_id, file.software_file_id) is not distinct from
                     (excluded.connection_id, excluded.software_file_id)
                then coalesce(file.weekly_due_at, excluded.weekly_due_at) else excluded.weekly_due_at end
        """,
        change.file_id,
        change.firm_id,
        change.version,
        change.connection_id,
        change.connector,
        change.software_file.software_file_id if change.software_file else None,
        weekly_due_at,
    )


async def close_files(connection: Connection, files: list[tuple[str, str]]) -> None:
    """Mark files, given as firm and file, as ended: nothing is asked for them any more."""
    await connection.executemany(
        """
        insert into file (firm_id, file_id, closed) values ($1, $2, true)
        on conflict (file_id) do update set closed = true where file.firm_id = excluded.firm_id
        """,
        files,
    )


@dataclass(frozen=True, slots=True)
class WeeklyDue:
    """A file whose time of the week has come: `wanted` by its connection's option, or `misdated` by a wrong clock."""

    file: File
    wanted: bool
    misdated: bool


async def take_weekly_due(connection: Connection, moment: datetime, limit: int) -> list[WeeklyDue]:
    """Files whose time has come, or lies where no clock that is right could have put it.

    Also those whose connection does not want it: else all of them would be due at once on the day it does. Rows are
    locked, other processes pass them by.
    """
    rows = await connection.fetch(
        f"""
        select {_COLUMNS}, weekly_due_at > $1 as misdated,
            connection_id in (select connection_id from connection where enabled and synchronize_accounts) as wanted
        from file
        where (weekly_due_at <= $1 or weekly_due_at > $1 + interval '8 days')
          and not closed and connection_id is not null
        order by weekly_due_at limit $2
        for update skip locked
        """,  # noqa: S608
        moment,
        limit,
    )
    due = []
    for row in map(dict, rows):
        wanted, misdated = row.pop("wanted"), row.pop("misdated")
        due.append(WeeklyDue(File(**row), wanted and not misdated, misdated))
    return due


async def set_weekly_due(connection: Connection, due: list[tuple[str, datetime]]) -> None:
    """When each file's weekly refresh is due next."""
    await connection.executemany("update file set weekly_due_at = $2 where file_id = $1", due)


async def oldest_refresh(connection: Connection) -> datetime | None:
    """How stale the stalest tied file is: its oldest kind."""
    oldest: datetime | None = await connection.fetchval(
        """
        select min(refreshed_at) from freshness join file using (file_id)
        where not closed and connection_id is not null
        """
    )
    return oldest
