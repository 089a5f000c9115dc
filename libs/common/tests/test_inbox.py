"""Twice is once, also when two processes have the same records in hand."""

import asyncio
from dataclasses import dataclass
from typing import Any

from qontable.clock import now
from qontable.envelope import Envelope, body_hash
from qontable.inbox import take_new
from qontable.retention import KIT, forget


@dataclass(frozen=True)
class _Record:
    event_id: str
    body: bytes = b"{}"

    @property
    def envelope(self) -> Envelope:
        return Envelope(self.event_id, "type", "/test", now(), "")

    @property
    def hash(self) -> bytes:
        return body_hash(self.body)


async def _take(desk: Any, consumer: str, *records: _Record) -> tuple[list[_Record], list[_Record], list[_Record]]:
    async with desk.database.transaction() as connection:
        return await take_new(connection, consumer, records)


async def test_each_identity_is_new_once_per_consumer(desk: Any) -> None:
    first, second, again = _Record("a"), _Record("b"), _Record("a")
    assert await _take(desk, "one", first, second, again) == ([first, second], [again], [])
    assert await _take(desk, "one", second) == ([], [second], [])
    assert await _take(desk, "two", first) == ([first], [], [])


async def test_another_body_under_a_known_identity_is_told_from_a_repeat_wherever_they_stand(desk: Any) -> None:
    original, impostor = _Record("c", b"1"), _Record("c", b"2")
    assert await _take(desk, "one", original, impostor) == ([original], [], [impostor])
    assert await _take(desk, "one", impostor, original) == ([], [original], [impostor])


async def test_two_processes_with_the_same_records_handle_each_once(desk: Any) -> None:
    records = [_Record(f"both-{number}") for number in range(200)]
    forward, backward = await asyncio.gather(
        _take(desk, "race", *records), _take(desk, "race", *reversed(records)), return_exceptions=True
    )
    taken = [record for result in (forward, backward) if isinstance(result, tuple) for record in result[0]]
    again = await _take(desk, "race", *records)
    assert len({record.event_id for record in taken}) == len(taken)
    assert len(taken) + len(again[0]) == 200


async def test_a_transaction_that_fails_leaves_its_records_new(desk: Any) -> None:
    record = _Record("undone")
    transaction = desk.database.transaction()
    connection = await transaction.__aenter__()
    await take_new(connection, "one", [record])
    await transaction.__aexit__(RuntimeError, RuntimeError(), None)
    assert (await _take(desk, "one", record))[0] == [record]


async def test_identities_are_kept_longer_than_any_topic_and_then_forgotten(desk: Any) -> None:
    await _take(desk, "memory", _Record("old"), _Record("older"))
    age = "update inbox set received_at = now() - make_interval(days => $1) where consumer = 'memory' and event_id = $2"
    await desk.database.pool.execute(age, 44, "old")
    await desk.database.pool.execute(age, 46, "older")
    async with desk.database.transaction() as connection:
        for rule in KIT:
            await forget(connection, rule)
    assert await desk.database.pool.fetch("select event_id from inbox where consumer = 'memory'") == [("old",)]
