"""Word to open pages that something of their firm has changed. What it is they read again: a word is a hint."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

from qontable.database import Connection as Db

CHANNEL = "hub_changes"
SESSIONS = "sessions"
"""The subject of every feed: a session of the firm's was ended."""
EVERYTHING = "*"
"""The subject when words may have been missed: anything can have changed."""
IN_ONE_WORD = 80
"""Subjects in one notification, which PostgreSQL limits to 8,000 bytes; an id has at most 80."""


async def announce(db: Db, changes: Iterable[tuple[str, str]]) -> None:
    """Tell the open pages of firms, at every process, when the transaction commits: pairs of firm and subject.

    A subject is `file:<id>`, `connection:<id>` or `SESSIONS`.
    """
    by_firm: defaultdict[str, list[str]] = defaultdict(list)
    for firm_id, subject in dict.fromkeys(changes):
        by_firm[firm_id].append(subject)
    words = [
        " ".join((firm_id, *subjects[first : first + IN_ONE_WORD]))
        for firm_id, subjects in by_firm.items()
        for first in range(0, len(subjects), IN_ONE_WORD)
    ]
    if words:
        await db.execute("select pg_notify($1, word) from unnest($2::text[]) as words (word)", CHANNEL, words)


class Feed:
    """What one page is told. A subject it asked for may be a whole kind: `file:*`."""

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted = frozenset(wanted) | {SESSIONS, EVERYTHING}
        self._pending: set[str] = set()
        self._told = asyncio.Event()

    def tell(self, subjects: Iterable[str]) -> None:
        """Let the page know of those that it asked for."""
        kept = [name for name in map(self._matching, subjects) if name]
        if kept:
            self._pending.update(kept)
            self._told.set()

    def wake(self) -> None:
        """Let whoever waits look around."""
        self._told.set()

    async def wait(self, seconds: float) -> frozenset[str]:
        """What has changed since the last call, as it was asked for; empty when there was nothing for so long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._told.wait(), seconds)
        self._told.clear()
        changed = frozenset(self._pending)
        self._pending.clear()
        return changed

    def _matching(self, subject: str) -> str | None:
        kind = f"{subject.partition(':')[0]}:*"
        return next((name for name in (subject, kind) if name in self._wanted), None)


class Changes:
    """The feeds of this process. They hear by one connection for all, which `Signals` keeps."""

    def __init__(self) -> None:
        self.stopped = False
        self._feeds: defaultdict[str, set[Feed]] = defaultdict(set)
        self._words: Counter[str] = Counter()
        self._since = uuid4().hex

    def mark(self, firm_id: str) -> str:
        """How far this firm's words were heard here: a page rendered at this mark has missed nothing at the same."""
        return f"{self._since}.{self._words[firm_id]}"

    @contextmanager
    def feed(self, firm_id: str, wanted: Collection[str], *, since: str) -> Iterator[Feed]:
        """A feed for as long as the block runs; what has changed after the mark `since` is told at once."""
        feed = Feed(wanted)
        self._feeds[firm_id].add(feed)
        if since != self.mark(firm_id):
            feed.tell([EVERYTHING])
        try:
            yield feed
        finally:
            self._feeds[firm_id].discard(feed)
            if not self._feeds[firm_id]:
                del self._feeds[firm_id]

    def heard(self, _connection: Any, _pid: int, _channel: str, word: object) -> None:
        """A word arrived."""
        firm_id, *subjects = str(word).split(" ")
        self._words[firm_id] += 1
        for feed in self._feeds.get(firm_id, ()):
            feed.tell(subjects)

    def listening_again(self) -> None:
        """Nobody listened for a while: every page reads itself again."""
        self._since = uuid4().hex
        self._words.clear()
        for feed in self._all():
            feed.tell([EVERYTHING])

    def stop(self) -> None:
        """Let everyone go home."""
        self.stopped = True
        for feed in self._all():
            feed.wake()

    def _all(self) -> list[Feed]:
        return [feed for feeds in self._feeds.values() for feed in feeds]
