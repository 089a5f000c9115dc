"""The ids that a software gives to accounts and journals: a table, and in memory what one lease has met of it."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from gateways.domain.port import BookKind
from qontable.database import Database


class FileBooks:
    """The books of one software file of one connection (`gateways.domain.port.Books`).

    The memory is right because a lane has one owner; a new owner starts with an empty one.
    """

    def __init__(self, database: Database, connection_id: str, software_file: str) -> None:
        self._database = database
        self._place = (connection_id, software_file)
        self._met: dict[BookKind, dict[str, str]] = defaultdict(dict)

    async def ids(self, kind: BookKind, numbers: Collection[str]) -> dict[str, str]:
        met = self._met[kind]
        if missing := [number for number in numbers if number not in met]:
            rows = await self._database.pool.fetch(
                """
                select number, id from books
                where connection_id = $1 and software_file = $2 and kind = $3 and number = any($4)
                """,
                *self._place,
                kind,
                missing,
            )
            met.update((row["number"], row["id"]) for row in rows)
        return {number: met[number] for number in numbers if number in met}

    async def remember(self, kind: BookKind, ids: Mapping[str, str]) -> None:
        await self._database.pool.execute(
            """
            insert into books (connection_id, software_file, kind, number, id)
            select $1, $2, $3, * from unnest($4::text[], $5::text[])
            on conflict (connection_id, software_file, kind, number) do update set id = excluded.id
                where books.id <> excluded.id
            """,
            *self._place,
            kind,
            list(ids),
            list(ids.values()),
        )
        self._met[kind].update(ids)

    async def forget(self, kind: BookKind, numbers: Collection[str]) -> None:
        await self._database.pool.execute(
            """
            delete from books where connection_id = $1 and software_file = $2 and kind = $3 and number = any($4)
            """,
            *self._place,
            kind,
            list(numbers),
        )
        for number in numbers:
            self._met[kind].pop(number, None)


class Shelf:
    """The books of all software files that one lease works on."""

    def __init__(self, database: Database, connection_id: str) -> None:
        self._database = database
        self._connection_id = connection_id
        self._books: dict[str, FileBooks] = {}

    def books(self, software_file: str | None) -> FileBooks:
        """The books of one file; calls about no file in particular get books of their own."""
        name = software_file or ""
        if name not in self._books:
            self._books[name] = FileBooks(self._database, self._connection_id, name)
        return self._books[name]
