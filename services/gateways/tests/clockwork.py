"""An injected clock: the instant that PostgreSQL and this process read is the one that a test has set.

The gateways ask PostgreSQL for the time, by `now()` and `clock_timestamp()`. Both are ordinary functions, found by the
search path, so a schema that stands before `pg_catalog` in the path of a test's connections answers in their place and
not a word of the services' SQL is another. In this process the clock that runs while a process is stopped, and
`qontable.clock.now` wherever it was imported, are set to the same instant.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from gateways.domain import deadline
from qontable import clock

NOON = datetime(2036, 3, 12, 12, tzinfo=UTC)
"""Later than any real present: defaults of columns were bound to the real clock when their tables were made."""
SCHEMA = """
    create schema injected;
    create table injected.clock (at timestamptz not null);
    insert into injected.clock values ('2036-03-12T12:00:00Z');
    create function injected.now() returns timestamptz stable language sql as 'select at from injected.clock';
    create function injected.clock_timestamp() returns timestamptz stable language sql
        as 'select at from injected.clock';
    grant usage on schema injected to public;
    grant select on injected.clock to public;
"""


def on_injected_clock(database_url: str, schema: str) -> str:
    """The address of a database whose connections read the injected clock."""
    return f"{database_url}?search_path={schema},injected,pg_catalog"


class Clockwork:
    """Time stands still until it is moved."""

    def __init__(self, admin: asyncpg.Connection) -> None:
        self.now = NOON
        self.admin = admin

    @classmethod
    async def install(cls, admin_url: str) -> "Clockwork":
        """Put the clock into a database of a test's own."""
        admin = await asyncpg.connect(admin_url)
        await admin.execute(SCHEMA)
        return cls(admin)

    async def move(self, pause: timedelta) -> None:
        """Let time pass, for the database and for this process."""
        self.now += max(pause, timedelta())
        await self.admin.execute("update injected.clock set at = $1", self.now)

    async def begin_again(self) -> None:
        """It is noon again, for whoever comes next."""
        self.now = NOON
        await self.move(timedelta())

    async def move_to(self, instant: datetime) -> None:
        """Let time pass until `instant`, if that is not over."""
        await self.move(instant - self.now)

    async def close(self) -> None:
        await self.admin.close()

    @contextmanager
    def injected(self) -> Iterator[None]:
        """This process reads the clock, too."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(deadline, "_present", self._present)
            real = clock.now
            for name, module in list(sys.modules.items()):
                if name.startswith("gateways.") and getattr(module, "now", None) is real:
                    patch.setattr(module, "now", lambda: self.now)
            yield

    def _present(self) -> float:
        return self.now.timestamp()
