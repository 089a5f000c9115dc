"""What is set aside is kept as it was, and returns once."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from qontable.bus import Received
from qontable.events.hub import SyncRequested
from qontable.set_aside import decode_text, encode_text
from qontable.set_aside_command import app
from qontable.unit import Unit


@given(st.none() | st.binary() | st.text().map(str.encode) | st.just(b"base64:like"))
def test_any_header_is_kept_as_text_and_comes_back_as_it_was(value: bytes | None) -> None:
    text = encode_text(value)
    assert "\x00" not in (text or "")
    assert decode_text(text) == value


@pytest.fixture
def command(desk: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`qontable set-aside …` for the test's service; the loop of the test goes on meanwhile."""
    settings = desk.settings()
    monkeypatch.setenv("QONTABLE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("QONTABLE_KAFKA", settings.kafka)
    monkeypatch.setenv("QONTABLE_TOPIC_PREFIX", settings.topic_prefix)

    async def run(*words: Any) -> Result:
        result: Result = await desk.in_thread(CliRunner().invoke, app, [str(word) for word in words])
        return result

    return run


class Repairable:
    """A handler with a bug that is mended later."""

    def __init__(self, desk: Any, *, by_itself: bool = False) -> None:
        self.desk = desk
        self.by_itself = by_itself
        self.broken = True

    async def handle(self, unit: Unit, records: Sequence[Received[SyncRequested]]) -> None:
        if self.broken and self.by_itself:
            for record in records:
                unit.set_aside(record.refused("not_yet", "its time has not come"))
        elif self.broken:
            raise KeyError("the bug")
        else:
            await self.desk.note_seen(unit, records)


@pytest.mark.parametrize("kind", ["refused by a bug", "set aside by its handler"])
async def test_a_replayed_record_is_the_same_record_and_is_handled_once(desk: Any, command: Any, kind: str) -> None:
    topic = await desk.new_topic()
    handler = Repairable(desk, by_itself=kind == "set aside by its handler")
    headers = {"their-tool": b"\xff\x00", "empty": b""}
    await desk.send(topic, desk.event("fil_1"), event_id=kind, headers=headers)
    async with desk.running(desk.subscription(topic, handler.handle)):
        (row,) = await desk.eventually(lambda: desk.aside(topic))
        handler.broken = False
        first, second = await command("replay", row["id"]), await command("replay", row["id"])
        await desk.eventually(lambda: desk.seen(topic))
        await desk.eventually(lambda: _is(desk.committed(topic), 2))
    assert "is on its topic again" in first.output
    assert "nothing done" in second.output
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert await desk.seen(topic) == ["fil_1"]
    original, again = await desk.on_topic(topic)
    assert (again.key, again.value, again.headers) == (original.key, original.value, original.headers)
    assert len(await desk.aside(topic)) == 1


async def test_what_was_processed_meanwhile_is_not_processed_again_by_a_replay(desk: Any, command: Any) -> None:
    topic = await desk.new_topic()
    handler = Repairable(desk)
    event = desk.event("fil_1")
    await desk.send(topic, event, event_id="evt_again")
    async with desk.running(desk.subscription(topic, handler.handle)):
        (row,) = await desk.eventually(lambda: desk.aside(topic))
        handler.broken = False
        await desk.send(topic, event, event_id="evt_again")
        await desk.eventually(lambda: desk.seen(topic))
        assert (await command("replay", row["id"])).exit_code == 0
        await desk.eventually(lambda: _is(desk.committed(topic), 3))
    assert await desk.seen(topic) == ["fil_1"]


async def test_a_record_under_anothers_identity_is_not_replayed(desk: Any, command: Any) -> None:
    topic = await desk.new_topic()
    for _ in range(2):
        await desk.send(topic, desk.event("fil_1"), event_id="evt_taken")
    async with desk.running(desk.subscription(topic)):
        (row,) = await desk.eventually(lambda: desk.aside(topic))
    result = await command("replay", row["id"])
    assert (result.exit_code, "close it" in result.output) == (1, True)


async def test_a_record_that_its_topic_refuses_stays_and_says_so(desk: Any, command: Any) -> None:
    topic = await desk.new_topic(**{"max.message.bytes": "1000"})
    write = """
        insert into set_aside (consumer, topic, key, headers, body, reason)
        select 'outbox', $1, 'k', '[]', convert_to(repeat('x', size), 'UTF8'), 'broker_refused'
        from unnest($2::int[]) size returning id
    """
    large, small = [row["id"] for row in await desk.database.pool.fetch(write, topic, [5_000, 5])]
    result = await command("replay", small, large, small)
    assert result.exit_code == 1
    assert f"{large} was refused by the broker" in result.output
    assert [record.value for record in await desk.on_topic(topic)] == [b"xxxxx"]
    assert [row["id"] for row in await desk.aside(topic) if row["replayed_at"]] == [small]


async def test_closing_needs_a_reason_and_ends_a_record(desk: Any, command: Any) -> None:
    topic = await desk.new_topic()
    await desk.send_raw(topic, b"{", {})
    async with desk.running(desk.subscription(topic)):
        (row,) = await desk.eventually(lambda: desk.aside(topic))
    assert (await command("close", row["id"], "--note", " ")).exit_code == 2
    assert (await command("close", row["id"], "--note", "a stranger's record")).exit_code == 0
    assert (await command("close", row["id"], "--note", "again")).exit_code == 0
    assert (await command("replay", row["id"])).exit_code == 1
    (closed,) = await desk.aside(topic)
    assert (closed["closed_note"], closed["replayed_at"]) == ("a stranger's record", None)


async def test_lists_show_what_waits_and_details_show_the_body_only_when_asked(desk: Any, command: Any) -> None:
    topic = await desk.new_topic()
    await desk.send_raw(topic, b'{"label": "Durand"', {"ce_id": b"\xff"})
    async with desk.running(desk.subscription(topic)):
        (row,) = await desk.eventually(lambda: desk.aside(topic))
    (listed,) = json.loads((await command("list", "--topic", topic, "--json")).output)
    assert (listed["service"], listed["id"], listed["reason"]) == ("kit", row["id"], "not_cloudevents")
    assert listed["bytes"] == 18
    table = (await command("list", "--topic", topic)).output
    assert "not_cloudevents" in table
    assert "Durand" not in table + (await command("show", row["id"])).output
    shown = json.loads((await command("show", row["id"], "--body")).output)
    assert (shown["body"], shown["headers"]) == ('{"label": "Durand"', [["ce_id", "\\xff"]])
    await command("close", row["id"], "--note", "seen [/by] me")
    assert "[/by]" in (await command("list", "--topic", topic, "--ended")).output
    assert json.loads((await command("list", "--topic", topic, "--json")).output) == []
    assert len(json.loads((await command("list", "--topic", topic, "--ended", "--json")).output)) == 1
    assert (await command("show", 10**9)).exit_code == 1


async def test_a_part_that_does_not_answer_is_named(desk: Any, command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QONTABLE_KAFKA", "127.0.0.1:1")
    result = await command("replay", 1)
    assert (result.exit_code, "Kafka is unreachable" in result.output) == (3, True)
    monkeypatch.setenv("QONTABLE_DATABASE_URL", "postgres://kit:x@127.0.0.1:1/x")
    result = await command("list")
    assert (result.exit_code, "PostgreSQL is unreachable" in result.output) == (3, True)


async def _is(value: Any, expected: int) -> bool:
    return bool(await value == expected)
