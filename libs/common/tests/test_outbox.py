"""What a transaction says reaches the topic: in order, whatever the broker refuses, whoever dies in between."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError, UnknownTopicOrPartitionError

from qontable import metrics, outbox
from qontable.events.hub import SyncRequested
from qontable.guard import REFUSED_IN_A_ROW, TooManyRefused
from qontable.outbox import Relay
from qontable.producer import new_producer
from qontable.unit import Units


class OnTopic(SyncRequested):
    """The same event, published on a topic of the test's own."""

    on: str

    @property
    def topic(self) -> str:
        return self.on


def _said(desk: Any, topic: str, file_id: str) -> OnTopic:
    return OnTopic(**desk.event(file_id).model_dump(), on=topic)


async def _say(desk: Any, topic: str, file_ids: Sequence[str]) -> None:
    async with Units(desk.database, "kit").unit() as unit:
        for file_id in file_ids:
            unit.publish(_said(desk, topic, file_id))


async def _write_rows(desk: Any, topic: str, sizes: Sequence[int]) -> None:
    """Rows of one key as no event of ours would make them."""
    await desk.database.pool.execute(
        """
        insert into outbox (topic, key, headers, body)
        select $1, 'fil_1', '{}', convert_to(repeat('x', size), 'UTF8')
        from unnest($2::int[]) with ordinality as rows (size, place) order by place
        """,
        topic,
        sizes,
    )


async def _waiting(desk: Any) -> int:
    return int(await desk.database.pool.fetchval("select count(*) from outbox"))


@asynccontextmanager
async def _relay(desk: Any) -> AsyncIterator[tuple[Relay, Any, AIOKafkaProducer]]:
    """A relay whose turns the test decides."""
    producer = new_producer(desk.world.kafka)
    await producer.start()
    try:
        async with desk.database.pool.acquire() as connection:
            yield Relay(desk.database, desk.world.kafka, desk.world.topic_prefix), connection, producer
    finally:
        await producer.stop()


async def test_records_of_a_key_keep_their_order_and_nothing_stays_behind(desk: Any) -> None:
    topic = await desk.new_topic()
    async with desk.running():
        for _ in range(20):
            await _say(desk, topic, [f"key-{key}" for key in range(5) for _ in range(20)])
        await desk.eventually(lambda: _none(_waiting(desk)))
    records = await desk.on_topic(topic)
    assert len(records) == 20 * 100
    asked: dict[bytes, list[bytes]] = {}
    for record in records:
        asked.setdefault(record.key, []).append(record.value)
    assert all(bodies == sorted(bodies) for bodies in asked.values())


async def test_a_transaction_that_fails_says_nothing(desk: Any) -> None:
    topic = await desk.new_topic()
    with pytest.raises(RuntimeError):
        async with Units(desk.database, "kit").unit() as unit:
            unit.publish(_said(desk, topic, "fil_1"))
            await unit.flush()
            raise RuntimeError("after all")
    assert await _waiting(desk) == 0


async def test_a_record_is_on_its_topic_soon_after_the_commit(desk: Any) -> None:
    topic = await desk.new_topic()
    async with desk.running():
        await _say(desk, topic, ["warm"])
        await desk.eventually(lambda: _none(_waiting(desk)))
        started = time.monotonic()
        for _ in range(5):
            await _say(desk, topic, ["fil_1"])
            await desk.eventually(lambda: _none(_waiting(desk)))
    assert time.monotonic() - started < 3  # without a wake-up the relay looks once a second only


async def test_what_was_sent_but_not_deleted_is_sent_again_under_the_same_identity_and_acts_once(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = await desk.new_topic()
    await _say(desk, topic, ["fil_1", "fil_2"])
    async with _relay(desk) as (relay, connection, producer):
        with monkeypatch.context() as killed:
            killed.setattr(outbox, "_settle", _die)
            with pytest.raises(KeyboardInterrupt):
                await relay.relay_chunk(connection, producer)
        assert await _waiting(desk) == 2
        await relay.relay_chunk(connection, producer)
    assert await _waiting(desk) == 0
    identities = [dict(record.headers)["ce_id"] for record in await desk.on_topic(topic)]
    assert (len(identities), len(set(identities))) == (4, 2)
    async with desk.running(desk.subscription(topic)):
        await desk.eventually(lambda: _is(desk.committed(topic), 4))
    assert sorted(await desk.seen(topic)) == ["fil_1", "fil_2"]


async def test_a_record_too_large_for_any_topic_is_set_aside_and_the_relay_goes_on(desk: Any) -> None:
    topic = await desk.new_topic()
    await _write_rows(desk, topic, [10, 5_000_000, 10])
    async with desk.running():
        await desk.eventually(lambda: _none(_waiting(desk)))
    assert [len(record.value) for record in await desk.on_topic(topic)] == [10, 10]
    (row,) = await desk.aside(topic)
    assert (row["consumer"], row["reason"], len(row["body"])) == ("outbox", "broker_refused", 5_000_000)


async def test_a_record_too_large_for_its_topic_takes_none_of_its_neighbours_with_it(desk: Any) -> None:
    """The broker refuses it after it has had its place in the producer's sequence, which breaks the sequence."""
    topic = await desk.new_topic(**{"max.message.bytes": "100000"})
    async with desk.running():
        await _write_rows(desk, topic, [1, 2])
        await desk.eventually(lambda: _none(_waiting(desk)))
        await _write_rows(desk, topic, [3, 4, 200_001, 5, 6, 200_002, 7, 8])
        await desk.eventually(lambda: _none(_waiting(desk)))
    assert {len(record.value) for record in await desk.on_topic(topic)} == set(range(1, 9))
    assert sorted(len(row["body"]) for row in await desk.aside(topic)) == [200_001, 200_002]


async def test_records_for_a_topic_that_is_missing_are_set_aside_and_the_others_leave(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def impatient(bootstrap: str) -> AIOKafkaProducer:
        producer = new_producer(bootstrap)
        producer.client._request_timeout_ms = 2_000
        await producer.start()
        return producer

    monkeypatch.setattr(outbox, "open_producer", impatient)
    topic = await desk.new_topic()
    await _say(desk, "kit.nowhere", ["fil_1", "fil_2", "fil_3"])
    await _say(desk, topic, ["fil_4"])
    async with desk.running():
        await desk.eventually(lambda: _none(_waiting(desk)))
    assert [row["detail"] for row in await desk.aside("kit.nowhere")] == ["UnknownTopicOrPartitionError"] * 3
    assert [record.key for record in await desk.on_topic(topic)] == [b"fil_4"]


async def test_the_relay_stops_where_the_broker_refuses_everything_said_on_a_topic(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing right must not empty the outbox into what is set aside; once it is granted the rows leave."""
    topic = await desk.new_topic()
    refused: set[str] = {"kit.forbidden"}

    async def broker(_producer: AIOKafkaProducer, rows: Sequence[Any]) -> list[BaseException | None]:
        return [TopicAuthorizationFailedError() if row["topic"] in refused else None for row in rows]

    await _write_rows(desk, "kit.forbidden", [1] * (REFUSED_IN_A_ROW + 2))
    await _write_rows(desk, topic, [1])
    counted = metrics.OUTBOX_REFUSED.labels("kit.forbidden")
    async with _relay(desk) as (relay, connection, producer):
        monkeypatch.setattr(relay, "_send", broker)
        for _ in range(2):
            with pytest.raises(TooManyRefused, match=r"kit\.forbidden"):
                await relay.relay_chunk(connection, producer)
            assert len(await desk.aside("kit.forbidden")) == counted._value.get() == REFUSED_IN_A_ROW
            assert await _waiting(desk) == 2
        assert metrics.OUTBOX_STOPPED.labels("kit.forbidden")._value.get() == 1
        refused.clear()
        await relay.relay_chunk(connection, producer)
    assert await _waiting(desk) == 0
    assert metrics.OUTBOX_STOPPED.labels("kit.forbidden")._value.get() == 0


async def test_the_age_of_the_outbox_is_told_while_no_broker_can_be_reached(desk: Any) -> None:
    await _write_rows(desk, "kit.nowhere", [1])
    await desk.database.pool.execute("update outbox set created_at = now() - interval '1 hour'")
    relay = Relay(desk.database, "127.0.0.1:1", "")
    await relay.note_oldest()
    assert metrics.OUTBOX_OLDEST_SECONDS._value.get() >= 3_600
    await desk.database.pool.execute("delete from outbox")
    await relay.note_oldest()
    assert metrics.OUTBOX_OLDEST_SECONDS._value.get() == 0


async def test_a_topic_is_not_taken_for_missing_while_no_broker_answers(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = await desk.new_topic()
    await _say(desk, topic, ["fil_1"])
    async with _relay(desk) as (relay, connection, producer):

        async def unknown(_topic: str) -> None:
            raise UnknownTopicOrPartitionError  # what the client says once it has had no answer for 40 seconds

        async def away() -> None:
            raise KafkaError("no broker answers")

        monkeypatch.setattr(producer.client, "_wait_on_metadata", unknown)
        monkeypatch.setattr(producer.client, "fetch_all_metadata", away)
        with pytest.raises(KafkaError, match="no broker answers"):
            await relay.relay_chunk(connection, producer)
    assert await desk.aside(topic) == []
    assert await _waiting(desk) == 1


async def test_of_two_processes_one_relays_and_the_other_takes_over(desk: Any) -> None:
    topic = await desk.new_topic()
    locks = """
        select count(*) from pg_locks join pg_database on pg_database.oid = database
        where locktype = 'advisory' and granted and classid = $1 and datname = current_database()
    """
    async with desk.running():
        async with desk.running():
            await _say(desk, topic, ["fil_1"])
            await desk.eventually(lambda: _none(_waiting(desk)))
            assert await desk.database.pool.fetchval(locks, outbox._RELAY_LOCK) == 1
        await _say(desk, topic, ["fil_2"])
        await desk.eventually(lambda: _none(_waiting(desk)))
    assert sorted(record.key for record in await desk.on_topic(topic)) == [b"fil_1", b"fil_2"]


async def test_a_relay_that_is_stopped_without_ending_is_replaced(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "SILENT_SECONDS", 1.0)
    topic = await desk.new_topic()
    stopped = await asyncpg.connect(desk.settings().database_url)
    await stopped.execute(f"select pg_advisory_lock({outbox._RELAY_LOCK}, hashtext(current_schema()))")
    async with desk.running():
        await _say(desk, topic, ["fil_1"])
        await desk.eventually(lambda: _none(_waiting(desk)))
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.AdminShutdownError)):
        await stopped.execute("select 1")


async def test_a_turn_takes_no_more_than_its_bytes_but_at_least_one_row(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = await desk.new_topic()
    await _say(desk, topic, ["fil_1", "fil_2", "fil_3"])
    length = len(_said(desk, topic, "fil_1").body())
    async with _relay(desk) as (relay, connection, producer):
        monkeypatch.setattr(outbox, "CHUNK_BYTES", 1)
        assert await relay.relay_chunk(connection, producer) == 1
        monkeypatch.setattr(outbox, "CHUNK_BYTES", length + 1)
        assert await relay.relay_chunk(connection, producer) == 2
        assert await relay.relay_chunk(connection, producer) == 0


async def _die(*_: Any) -> None:
    raise KeyboardInterrupt


async def _none(value: Any) -> bool:
    return bool(await value == 0)


async def _is(value: Any, expected: int) -> bool:
    return bool(await value == expected)
