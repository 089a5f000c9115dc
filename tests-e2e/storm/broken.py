"""Systems robbed of one protection each, so that one sees the storm find what it is there to find.

Each robbery replaces functions in one service process before it starts. The services know nothing of it.
"""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Robbery:
    """What is taken away from which service."""

    service: str
    what: str
    take: Callable[[], None]


def rob(service: str, name: str) -> None:
    """Take the protection away, in this process, if it is this service's."""
    robbery = ROBBERIES[name]
    if robbery.service == service:
        robbery.take()


def _put(place: Any, name: str, replacement: Any) -> None:
    """Replace what stands there under this name. Raises `AttributeError` where nothing does: code has moved on."""
    getattr(place, name)
    setattr(place, name, replacement)


def _without_inbox_and_keys() -> None:
    """A dispatch that comes again is a new delivery."""
    from gateways.adapters import deliveries
    from gateways.app import dispatches
    from qontable import bus

    async def all_new(_connection: Any, _consumer: str, records: Sequence[Any]) -> tuple[Any, list[Any], list[Any]]:
        return list(records), [], []

    async def nothing_known(_connection: Any, _wanted: Any) -> dict[Any, Any]:
        return {}

    new, insert = dispatches._new, deliveries.insert

    def another(record: Any) -> Any:
        return replace(new(record), delivery_id=f"dlv_{uuid.uuid4().hex}")

    async def insert_without_key(connection: Any, rows: Any, bodies: Any) -> None:
        await connection.execute("drop index if exists deliveries_one_per_entry")
        await insert(connection, rows, bodies)

    async def take_dispatched(unit: Any, records: Sequence[Any]) -> None:
        await dispatches._store(unit, records)

    _put(bus, "take_new", all_new)
    _put(deliveries, "by_ids", nothing_known)
    _put(deliveries, "standing", nothing_known)
    _put(deliveries, "insert", insert_without_key)
    _put(dispatches, "_new", another)
    _put(dispatches, "take_dispatched", take_dispatched)


def _without_fencing() -> None:
    """An owner that was stopped goes on where it stood, whoever has the lane now and however late it is."""
    from gateways.adapters import lanes
    from gateways.app import tenure
    from gateways.domain.deadline import Deadline
    from gateways.domain.lease import Lease

    class Endless(Deadline):
        def remaining(self) -> float:
            return 30.0

    async def hold(connection: Any, lease: Any) -> Any:
        row = await connection.fetchrow(
            f"select clock_timestamp() as now, {lanes._HEALTH} from lanes where connection_id = $1 for no key update",
            lease.connection_id,
        )
        return lanes._health(row), row["now"]

    _put(lanes, "hold", hold)
    _put(Lease, "covers", lambda _lease, _deadline: True)
    _put(tenure, "Deadline", Endless)


def _without_doubt() -> None:
    """What became of a request is unknown, so it is made again."""
    from gateways.domain import life

    sent = life.sent

    def sent_again(delivery: Any, outcome: Any, deadline: Any, at: Any) -> Any:
        if outcome.name == "unknown":
            return life._queued(delivery, at, message=outcome.message)
        return sent(delivery, outcome, deadline, at)

    _put(life, "sent", sent_again)


def _without_order_of_commits() -> None:
    """Offsets are committed first, records are written afterwards."""
    from qontable.bus import Consumer

    process, writing = Consumer.process, set()

    async def process_later(self: Consumer[Any], records: Any) -> None:
        async def later() -> None:
            await asyncio.sleep(0.3)
            await process(self, records)

        task = asyncio.create_task(later())
        writing.add(task)
        task.add_done_callback(writing.discard)

    _put(Consumer, "process", process_later)


def _without_whole_snapshots() -> None:
    """Each part of a snapshot is taken for all of it."""
    from reference_data.app import fetched

    settle, parts = fetched.settle, fetched.read_parts

    async def settle_in_part(unit: Any, closing: Any, *, accepted: bool = False) -> None:
        await settle(unit, closing, accepted=True)

    async def last_part(connection: Any, fetch_id: str) -> Any:
        return (await parts(connection, fetch_id))[-1:]

    _put(fetched, "settle", settle_in_part)
    _put(fetched, "read_parts", last_part)
    _put(fetched, "_incredible", lambda *_: None)


ROBBERIES = {
    "inbox": Robbery("gateways", "inbox and business keys off", _without_inbox_and_keys),
    "fencing": Robbery("gateways", "fencing and deadline check off", _without_fencing),
    "doubt": Robbery("gateways", "resend after unknown", _without_doubt),
    "commits": Robbery("entries", "offset before write", _without_order_of_commits),
    "snapshots": Robbery("reference_data", "snapshot applied in part", _without_whole_snapshots),
}
