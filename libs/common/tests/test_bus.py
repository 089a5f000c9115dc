"""Records of every bad kind among good ones, on real Kafka and PostgreSQL: nothing lost, nothing doubled."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import IllegalStateError

from qontable import metrics
from qontable.bus import Consumer, Received, Subscription
from qontable.events.connector import ConnectorAnnounced
from qontable.events.hub import SyncRequested
from qontable.polling import _Rewindable
from qontable.set_aside import SetAsideRecord
from qontable.unit import Unit


def _headers(desk: Any, file_id: str = "fil_1", **replaced: bytes) -> dict[str, bytes]:
    event = desk.event(file_id)
    headers = {"ce_specversion": b"1.0", "ce_id": file_id.encode(), "ce_source": b"/test"}
    return headers | {"ce_type": event.ce_type().encode()} | replaced


async def test_unreadable_records_are_set_aside_as_bytes_and_their_neighbours_are_handled(desk: Any) -> None:
    topic = await desk.new_topic()
    body = desk.event("fil_1").body()
    bad: dict[str, tuple[bytes | None, dict[str, bytes]]] = {
        "header": (body, _headers(desk, ce_id=b"\xff\xfe")),
        "no envelope": (body, {}),
        "no JSON": (b"{", _headers(desk)),
        "wrong type": (body, _headers(desk, ce_type=b"qontable.entry.validated.v1")),
        "NUL": (body.replace(b"usr_1", b"usr\\u0000"), _headers(desk)),
        "missing field": (b"{}", _headers(desk)),
        "no body": (None, _headers(desk)),
    }
    await desk.send(topic, desk.event("first"))
    for value, headers in bad.values():
        await desk.send_raw(topic, value, headers, key="first")
    await desk.send(topic, desk.event("first"))
    async with desk.running(desk.subscription(topic)):
        await desk.eventually(lambda: _counted(desk.seen(topic), 2))
        rows = await desk.eventually(lambda: _counted(desk.aside(topic), len(bad)))
        await desk.eventually(lambda: _is(desk.committed(topic), len(bad) + 2))
    assert [row["body"] for row in rows] == [value for value, _ in bad.values()]
    assert [row["reason"] for row in rows] == [
        "not_cloudevents",
        "not_cloudevents",
        "not_json",
        "unknown_type",
        "invalid_event",
        "invalid_event",
        "no_body",
    ]
    assert all(row["key"] == b"first" and not row["entered"] for row in rows)


async def test_headers_of_others_may_be_anything(desk: Any) -> None:
    topic = await desk.new_topic()
    await desk.send(topic, desk.event("fil_1"), headers={"their-tool": b"\xff", "traceparent": b"\xff00-nonsense"})
    async with desk.running(desk.subscription(topic)):
        await desk.eventually(lambda: _counted(desk.seen(topic), 1))
    assert await desk.aside(topic) == []


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_records_are_read_however_their_producer_compresses_them(desk: Any, codec: str) -> None:
    topic = await desk.new_topic()
    producer = AIOKafkaProducer(bootstrap_servers=desk.world.kafka, compression_type=codec)
    await producer.start()
    headers = list(_headers(desk, codec).items())
    await producer.send_and_wait(f"{desk.world.topic_prefix}{topic}", desk.event(codec).body(), headers=headers)
    await producer.stop()
    async with desk.running(desk.subscription(topic)):
        await desk.eventually(lambda: _counted(desk.seen(topic), 1))


async def test_a_body_beyond_the_limit_is_set_aside(desk: Any) -> None:
    topic = await desk.new_topic()
    await desk.send(topic, desk.event("x" * 80))
    await desk.send(topic, desk.event("small"))
    limit = len(desk.event("small").body()) + 20
    async with desk.running(desk.subscription(topic, max_bytes=limit)):
        await desk.eventually(lambda: _counted(desk.seen(topic), 1))
        (row,) = await desk.eventually(lambda: desk.aside(topic))
    assert row["reason"] == "too_large"


async def test_the_same_event_twice_acts_once_and_is_counted(desk: Any) -> None:
    topic = await desk.new_topic()
    event = desk.event("fil_1")
    for _ in range(3):
        await desk.send(topic, event, event_id="evt_1")
    async with desk.running(desk.subscription(topic)):
        await desk.eventually(lambda: _is(desk.committed(topic), 3))
        await desk.send(topic, event, event_id="evt_1")
        await desk.eventually(lambda: _is(desk.committed(topic), 4))
    assert await desk.seen(topic) == ["fil_1"]
    assert await desk.aside(topic) == []
    assert await desk.database.pool.fetchval("select repeats from inbox where event_id = 'evt_1'") >= 1


async def test_an_identity_that_comes_with_another_body_is_set_aside(desk: Any) -> None:
    topic = await desk.new_topic()
    await desk.send(topic, desk.event("fil_1"), event_id="evt_2")
    await desk.send(topic, desk.event("fil_1"), event_id="evt_2")  # asked at another instant: another body
    async with desk.running(desk.subscription(topic)):
        (row,) = await desk.eventually(lambda: desk.aside(topic))
        await desk.send(topic, desk.event("fil_1"), event_id="evt_2")
        await desk.eventually(lambda: _counted(desk.aside(topic), 2))
    assert row["reason"] == "identity_reused"
    assert await desk.seen(topic) == ["fil_1"]


async def test_a_record_that_breaks_its_handler_is_set_aside_alone_and_the_others_keep_their_order(desk: Any) -> None:
    topic = await desk.new_topic()
    sent = [f"file-{number:03}" for number in range(40)]
    for file_id in sent:
        await desk.send(topic, desk.event(file_id), headers=None, event_id=file_id)

    async def broken(unit: Unit, records: Sequence[Received[SyncRequested]]) -> None:
        await desk.note_seen(unit, records)
        if any(record.event.file_id == "file-017" for record in records):
            raise KeyError("a bug that one record provokes")

    async with desk.running(desk.subscription(topic, broken)):
        await desk.eventually(lambda: _counted(desk.seen(topic), 39))
        (row,) = await desk.eventually(lambda: desk.aside(topic))
        await desk.eventually(lambda: _is(desk.committed(topic), 40))
    assert (row["reason"], row["detail"]) == ("handler_refused", "KeyError")
    order: dict[int, list[str]] = {}
    for record in await desk.on_topic(topic):
        order.setdefault(record.partition, []).append(record.key.decode())
    seen = await desk.seen(topic)
    for keys in order.values():
        assert [key for key in seen if key in keys] == [key for key in keys if key != "file-017"]


async def test_a_value_that_the_schema_refuses_is_set_aside_alone(desk: Any) -> None:
    topic = await desk.new_topic()
    await desk.database.pool.execute("alter table seen add constraint short check (length(file_id) < 70)")
    for file_id in ("fil_1", "x" * 75, "fil_2"):
        await desk.send(topic, desk.event(file_id))
    async with desk.running(desk.subscription(topic)):
        await desk.eventually(lambda: _counted(desk.seen(topic), 2))
        (row,) = await desk.eventually(lambda: desk.aside(topic))
    assert row["detail"] == "CheckViolationError"


async def test_what_a_handler_sets_aside_is_kept_once_and_counts_as_consumed(desk: Any) -> None:
    topic = await desk.new_topic()

    async def picky(unit: Unit, records: Sequence[Received[SyncRequested]]) -> None:
        for record in records:
            if record.event.file_id == "other-firm":
                unit.set_aside(record.refused("foreign_file", "the file belongs to another firm"))
        await desk.note_seen(unit, [record for record in records if record.event.file_id != "other-firm"])

    event = desk.event("other-firm")
    await desk.send(topic, event, event_id="evt_3")
    await desk.send(topic, event, event_id="evt_3")
    await desk.send(topic, desk.event("fil_1"))
    async with desk.running(desk.subscription(topic, picky)):
        await desk.eventually(lambda: _is(desk.committed(topic), 3))
    (row,) = await desk.aside(topic)
    assert (row["reason"], row["entered"]) == ("foreign_file", True)
    assert await desk.seen(topic) == ["fil_1"]


async def test_what_a_handler_sets_aside_is_told_and_counted_even_if_the_batch_ends_with_its_commit(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch comes again and the record is a repeat: what was not told with the commit never would be."""
    topic = await desk.new_topic()
    apply, ended = Consumer._apply, []

    async def end_once(self: Consumer[Any], received: Any) -> Any:
        aside = await apply(self, received)
        if not ended:
            ended.append(True)
            raise ConnectionResetError
        return aside

    async def refuse(unit: Unit, records: Sequence[Received[SyncRequested]]) -> None:
        for record in records:
            unit.set_aside(record.refused("not_ours", "nobody knows it"))

    async def tell(unit: Unit, records: Sequence[SetAsideRecord]) -> None:
        reasons = [record.reason for record in records]
        await unit.connection.execute("insert into seen (topic, file_id) select $1, unnest($2::text[])", topic, reasons)

    monkeypatch.setattr(Consumer, "_apply", end_once)
    await desk.send(topic, desk.event("fil_1"))
    async with desk.running(desk.subscription(topic, refuse, aside=tell)):
        await desk.eventually(lambda: _is(desk.committed(topic), 1))
    assert await desk.seen(topic) == ["not_ours"]
    assert metrics.RECORDS_SET_ASIDE.labels(topic)._value.get() == 1


async def test_a_sheet_with_a_broken_pattern_stops_no_other_sheet(desk: Any) -> None:
    """A validator of the model that fails in its own way must not take the batch with it."""
    topic = await desk.new_topic()
    headers = _headers(desk, ce_type=b"qontable.connector.announced.v1")
    await desk.send_raw(topic, b'{"connector": "c", "version": 1, "sheet": {"errors": [{"code": "("}]}}', headers)

    async def handler(unit: Unit, records: Sequence[Received[ConnectorAnnounced]]) -> None:
        raise AssertionError("nothing readable came")

    async with desk.running(Subscription(ConnectorAnnounced, handler, topic=topic)):
        (row,) = await desk.eventually(lambda: desk.aside(topic))
    assert row["reason"] == "invalid_event"


async def test_while_the_database_is_gone_nothing_is_committed_and_afterwards_everything_is_handled(
    desk: Any, postgres: str
) -> None:
    topic = await desk.new_topic()
    name = desk.world.admin_url.rpartition("/")[2].partition("?")[0]
    async with desk.running(desk.subscription(topic)):
        await desk.send(topic, desk.event("before"))
        await desk.eventually(lambda: _is(desk.committed(topic), 1))
        admin = await asyncpg.connect(postgres)
        try:
            await admin.execute(f'alter database "{name}" allow_connections false')
            await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
            for number in range(5):
                await desk.send(topic, desk.event(f"meanwhile-{number}"))
            stopped = metrics.LOOP_FAILURES.labels("relay")._value.get
            failures = stopped()
            await desk.eventually(lambda: _is_more(stopped, failures))
            assert await desk.committed(topic) == 1
        finally:
            await admin.execute(f'alter database "{name}" allow_connections true')
            await admin.close()
        await desk.eventually(lambda: _counted(desk.seen(topic), 6), seconds=40)
        await desk.eventually(lambda: _is(desk.committed(topic), 6))
    assert await desk.aside(topic) == []


async def test_a_deploy_that_refuses_most_records_stops_and_the_next_one_handles_them_all(desk: Any) -> None:
    topic = await desk.new_topic()
    for number in range(150):
        await desk.send(topic, desk.event(f"fil_{number}"))

    async def bad_deploy(unit: Unit, records: Sequence[Received[SyncRequested]]) -> None:
        raise TypeError("a bug that every record provokes")

    async with desk.running(desk.subscription(topic, bad_deploy)):
        stopped = metrics.CONSUMERS_STOPPED.labels(topic)._value.get
        await desk.eventually(lambda: _is_more(stopped, 0))
        await desk.eventually(lambda: _is_more(metrics.RECORDS_CONSUMED.labels(topic)._value.get, 300), seconds=30)
        assert stopped() == 1
        assert await desk.committed(topic) == 0
    assert await desk.aside(topic) == []
    async with desk.running(desk.subscription(topic)):
        await desk.eventually(lambda: _counted(desk.seen(topic), 150))
    assert stopped() == 0


async def test_a_handler_that_sets_most_records_aside_itself_is_stopped_too(desk: Any) -> None:
    topic = await desk.new_topic()
    for number in range(150):
        await desk.send(topic, desk.event(f"fil_{number}"))

    async def bad_deploy(unit: Unit, records: Sequence[Received[SyncRequested]]) -> None:
        for record in records:
            unit.set_aside(record.refused("foreign_file"))

    async with desk.running(desk.subscription(topic, bad_deploy)):
        await desk.eventually(lambda: _is_more(metrics.CONSUMERS_STOPPED.labels(topic)._value.get, 0))
    assert await desk.aside(topic) == []
    async with desk.running(desk.subscription(topic, bad_deploy), set_aside_share=1):
        await desk.eventually(lambda: _counted(desk.aside(topic), 150))


async def test_a_partition_that_was_taken_away_does_not_keep_the_others_from_being_rewound() -> None:
    sought: list[tuple[TopicPartition, int]] = []

    class Rebalanced:
        def seek(self, partition: TopicPartition, offset: int) -> None:
            if partition.partition == 0:
                raise IllegalStateError(f"{partition} is not assigned")
            sought.append((partition, offset))

    for number in (0, 1):
        _Rewindable(Rebalanced()).seek(TopicPartition("topic", number), 7)
    assert sought == [(TopicPartition("topic", 1), 7)]


async def test_two_processes_that_take_turns_lose_and_double_nothing(desk: Any) -> None:
    topic = await desk.new_topic()
    sent = [f"fil_{number}" for number in range(600)]
    async with desk.running(desk.subscription(topic)):
        for file_id in sent[:200]:
            await desk.send(topic, desk.event(file_id))
        async with desk.running(desk.subscription(topic)):
            for file_id in sent[200:400]:
                await desk.send(topic, desk.event(file_id))
        for file_id in sent[400:]:
            await desk.send(topic, desk.event(file_id))
        await desk.eventually(lambda: _is(desk.committed(topic), 600), seconds=40)
    assert sorted(await desk.seen(topic)) == sorted(sent)


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qontable.bus.BACKOFF_SECONDS", (0.2,))
    monkeypatch.setattr("qontable.loop.BACKOFF_SECONDS", (0.2,))


async def _counted(rows: Any, least: int) -> Any:
    found = await rows
    return found if len(found) >= least else None


async def _is(value: Any, expected: int) -> bool:
    return bool(await value == expected)


async def _is_more(value: Any, least: float) -> bool:
    return bool(value() > least)
