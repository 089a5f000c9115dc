"""Connections to a broker that is away: tried again ever later, by one client of the process for all of them.

aiokafka's clients know no such pause. Each of a process's dozen consumers tries again from several tasks, ten times a
second each and with a line in the log: eight idle processes took two processors whole, and so kept the broker beside
them from its start (`docs/decisions/0018`).
"""

import asyncio
import random
from collections import defaultdict
from time import monotonic
from typing import Any

from aiokafka import client
from aiokafka.conn import create_conn
from aiokafka.errors import KafkaConnectionError, KafkaError

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
JITTER = 0.25
PATIENCE = 1.0
"""How long a client waits for its turn before it hears that the broker is away; stopping then takes hardly longer."""


def reconnect_patiently() -> None:
    """Have every Kafka client of this process pause between its tries. Twice is once."""
    client.create_conn = _connect


class Door:
    """One broker's address: open, or shut since a try failed and then open to one try after each pause."""

    def __init__(self) -> None:
        self._failures = 0
        self._next_try = 0.0

    async def enter(self) -> None:
        """Return when it is the caller's turn to try. Raises `KafkaConnectionError` when that is not within `PATIENCE`.

        A try that neither fails nor succeeds for a while holds nobody up: the next is due after the next pause.
        """
        gives_up = monotonic() + PATIENCE
        while (wait := self._next_try - monotonic()) > 0:
            left = gives_up - monotonic()
            if left <= 0:
                raise KafkaConnectionError("the broker did not answer a moment ago")
            await asyncio.sleep(min(wait, left))
        if self._failures:
            self._shut()

    def failed(self) -> None:
        """A try failed: the next comes later than this one did."""
        self._failures += 1
        self._shut()

    def opened(self) -> None:
        """A try succeeded: everybody may come."""
        self._failures = 0
        self._next_try = 0.0

    def _shut(self) -> None:
        pause = min(FIRST_PAUSE * 2 ** (self._failures - 1), LONGEST_PAUSE)
        self._next_try = monotonic() + pause * random.uniform(1.0, 1.0 + JITTER)  # noqa: S311 - no secret


_doors: defaultdict[tuple[str, int], Door] = defaultdict(Door)


async def _connect(host: str, port: int, **settings: Any) -> Any:
    door = _doors[host, port]
    await door.enter()
    try:
        connection = await create_conn(host, port, **settings)
    except (OSError, TimeoutError, KafkaError):
        door.failed()
        raise
    door.opened()
    return connection
