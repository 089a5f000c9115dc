"""A revision that came and could not be read is told to the accountant, and never outlives one that can."""

import orjson
import pytest

from qontable import metrics
from qontable.events.delivery import EntryStatusChanged

from .bad_input.records import TOPIC, Wire, post
from .client import Client
from .house import House


def unreadable(client: Client, entry_id: str, revision: int = 1, **changes: object) -> Wire:
    """A revision that the schema refuses, and that still says what it is."""
    body = orjson.loads(client.validated(entry_id, revision).body())
    return Wire(orjson.dumps({**body, "label": 3, **changes}))


async def test_a_revision_that_cannot_be_read_is_told_in_both_languages_with_what_to_do(house: House) -> None:
    client = await house.client()
    await post(house, TOPIC, client.file_id, unreadable(client, "ent"))
    told = await house.status(client, "ent", "to_verify", detail="unread", revision=1, version=1)
    (finding,) = told.findings
    assert finding.code == "revision_unreadable"
    assert all(set(text) == {"fr", "en"} and all(text.values()) for text in (finding.message, finding.remedy))
    assert "support" in finding.remedy["fr"]
    assert await house.set_aside(client) == ["invalid_event"]


@pytest.mark.parametrize("revision", [1, 2])
async def test_the_revision_leaves_once_it_or_a_newer_one_can_be_read(house: House, revision: int) -> None:
    client = await house.client()
    await post(house, TOPIC, client.file_id, unreadable(client, "ent"))
    await house.status(client, "ent", "to_verify", detail="unread")
    await house.say(client.validated("ent", revision))
    assert (await house.dispatched(client, "ent")).entry.revision == revision


async def test_what_cannot_be_read_does_not_override_what_could(house: House) -> None:
    """The revision that is kept under the same number, and a newer one, stay what they are; both records are kept."""
    client = await house.client(active=False)
    await house.say(client.validated("same"), client.validated("newer", 2))
    for entry_id in ("same", "newer"):
        await house.waits_for(client, entry_id, "activation")
        await post(house, TOPIC, client.file_id, unreadable(client, entry_id))
    await house.say(client.validated("same", label="Another"), client.validated("last"))
    await house.waits_for(client, "last", "activation")
    assert sorted(await house.set_aside(client)) == ["invalid_event", "invalid_event", "revision_altered"]
    assert not house.all(EntryStatusChanged, file_id=client.file_id, status="to_verify")


async def test_an_older_revision_under_way_is_recalled_for_one_that_cannot_be_read(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent"))
    order = await house.dispatched(client, "ent")
    await post(house, TOPIC, client.file_id, unreadable(client, "ent", 2))
    await house.status(client, "ent", "sending", detail="recall_requested", revision=2)
    await house.answer(order, "recalled")
    await house.status(client, "ent", "to_verify", detail="unread", revision=2)


async def test_of_a_file_that_is_not_known_it_is_told_before_everything_else(house: House) -> None:
    client = house.stranger()
    await post(house, TOPIC, client.file_id, unreadable(client, "ent"))
    await house.status(client, "ent", "to_verify", detail="unread", version=0)
    await house.say(client.firm_created(), client.file_created(), client.validated("ent", 2))
    await house.waits_for(client, "ent", "mapping")


async def test_nothing_is_told_to_a_firm_about_a_file_of_another(house: House) -> None:
    client = await house.client()
    await post(house, TOPIC, client.file_id, unreadable(client, "ent", firm_id="frm_other"))
    await house.say(client.validated("own"))
    await house.dispatched(client, "own")
    assert await house.set_aside(client) == ["invalid_event"]
    assert not house.all(EntryStatusChanged, file_id=client.file_id, entry_id="ent")


@pytest.mark.parametrize(("firm", "days", "reason"), [(False, 2, "unknown_firm"), (True, 8, "unknown_file")])
async def test_held_records_whose_file_never_comes_are_set_aside_counted_and_told(
    house: House, *, firm: bool, days: int, reason: str
) -> None:
    client = house.stranger()
    if firm:
        await house.say(client.firm_created())
        await house.until_true("select true from entries.firms where firm_id = $1", client.firm_id)
    counted = metrics.RECORDS_SET_ASIDE.labels(TOPIC)
    before = counted._value.get()
    await house.say(client.validated("ent"))
    await house.until_true("select count(*) = 1 from entries.held_records where file_id = $1", client.file_id)
    await house.database.execute(
        "update entries.held_records set held_at = now() - make_interval(days => $2) where file_id = $1",
        client.file_id,
        days,
    )
    await house.status(client, "ent", "to_verify", detail="unread", version=0)
    assert await house.set_aside(client) == [reason]
    assert counted._value.get() == before + 1
