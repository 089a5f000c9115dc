"""Firms and client files: who there is, and until when someone let a file's entries leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from qontable.database import Connection

Place = Literal["known", "awaited", "foreign"]


@dataclass(frozen=True, slots=True)
class Owners:
    """To which firm each of some files belongs, as far as it is known."""

    firm_of_file: Mapping[str, str]

    def place(self, firm_id: str, file_id: str) -> Place:
        """Whether a record of this firm can be placed in this file, has to wait for it, or names another's."""
        owner = self.firm_of_file.get(file_id)
        if owner is None:
            return "awaited"
        return "known" if owner == firm_id else "foreign"


async def fetch_owners(connection: Connection, file_ids: Sequence[str]) -> Owners:
    """The owners of those of these files that are known."""
    rows = await connection.fetch("select file_id, firm_id from files where file_id = any($1)", file_ids)
    return Owners({row["file_id"]: row["firm_id"] for row in rows})


async def save_firms(connection: Connection, firms: Mapping[str, int]) -> None:
    """Keep firms at their highest version."""
    await connection.execute(
        """
        insert into firms (firm_id, version) select * from unnest($1::text[], $2::bigint[])
        on conflict (firm_id) do update set version = greatest(firms.version, excluded.version)
        """,
        list(firms),
        list(firms.values()),
    )


async def save_files(connection: Connection, files: Mapping[str, tuple[str, int]]) -> None:
    """Keep files (id → firm, version) at their highest version; a file never changes its firm."""
    await connection.execute(
        """
        insert into files (file_id, firm_id, version)
        select * from unnest($1::text[], $2::text[], $3::bigint[])
        on conflict (file_id) do update set version = greatest(files.version, excluded.version)
        """,
        list(files),
        [firm_id for firm_id, _ in files.values()],
        [version for _, version in files.values()],
    )


async def close_files(connection: Connection, closed: Mapping[str, tuple[str, datetime]]) -> None:
    """End files (id → firm, instant). A file that was not known yet is known as ended."""
    await connection.execute(
        """
        insert into files (file_id, firm_id, version, closed_at)
        select file_id, firm_id, 0, closed_at from unnest($1::text[], $2::text[], $3::timestamptz[])
            as ended (file_id, firm_id, closed_at)
        on conflict (file_id) do update set closed_at = coalesce(files.closed_at, excluded.closed_at)
        """,
        list(closed),
        [firm_id for firm_id, _ in closed.values()],
        [closed_at for _, closed_at in closed.values()],
    )


async def release_files(connection: Connection, before: Mapping[str, datetime]) -> None:
    """Let entries leave that were validated before an instant; the latest one counts."""
    await connection.execute(
        """
        insert into releases (file_id, before) select * from unnest($1::text[], $2::timestamptz[])
        on conflict (file_id) do update set before = greatest(releases.before, excluded.before)
        """,
        list(before),
        list(before.values()),
    )
