"""Keys come, go and get lost while gateways work: no entry fails for it, and what cannot be opened says so."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateways.adapters.slots import SLOT_LOCK
from gateways.entrypoints.command import app
from qontable.events.connector import ConnectionHealthChanged, ConnectionResealed, ConnectorAnnounced
from qontable.events.delivery import EntryAttempted, EntryDeliveryChanged
from qontable.service import Service
from qontable.vault import load_ring, remove_key, write_new_key

from .house import House


@asynccontextmanager
async def gateways(house: House, **rings: Path) -> AsyncIterator[list[Service]]:
    """A gateway per slot, each with the ring that it is given."""
    async with AsyncExitStack() as stack:
        services = [await house.gateway(slot=slot, keys=ring) for slot, ring in rings.items()]
        for service in services:
            await stack.enter_async_context(service.running())
        yield services


async def keys(house: House, *words: str) -> Result:
    """`qontable gateways keys` as an operator runs it."""
    environment = house.environment()
    return await asyncio.to_thread(CliRunner().invoke, app, ["keys", *words], env=environment)


async def listed(house: House) -> dict[str, dict[str, Any]]:
    return {key["key_id"]: key for key in json.loads((await keys(house, "list", "--json")).stdout)}


async def test_a_key_comes_and_another_goes_while_entries_flow(empty_house: House) -> None:
    house = empty_house
    ring = house.world.gateway_keys
    old = load_ring(ring).sealing_key.key_id
    async with gateways(house, first=ring, second=ring):
        connection = await house.connect(token="good")
        before = [house.dispatch(connection) for _ in range(5)]
        await house.say(*before)
        assert (await keys(house, "add", "second-key")).exit_code == 0
        during = [house.dispatch(connection) for _ in range(5)]
        await house.say(*during)
        resealed = await house.hears(ConnectionResealed, connection_id=connection)
        assert resealed.sealed.key_id == "second-key"
        early = await keys(house, "remove", old, "--at-once")
        assert (early.exit_code, "1 boxes lie under" in early.stderr) == (1, True)
        change = house.connection(connection, token="good", throttle=None, version=2, enabled=True)
        await house.say(change.model_copy(update={"sealed": resealed.sealed}))
        await house.until("select key_id = 'second-key' from gateways.connections where connection_id = $1", connection)
        found = await listed(house)
        assert (found["second-key"]["seals"], found["second-key"]["held_by"]) == (True, ["first", "second"])
        assert (found[old]["seals"], found[old]["boxes"]) == (False, 0)
        assert "less than a day ago" in (await keys(house, "remove", old)).stderr
        assert (await keys(house, "remove", "second-key", "--at-once")).exit_code == 1
        assert (await keys(house, "remove", old, "--at-once")).exit_code == 0
        await house.until("select bool_and(key_ids = '{second-key}') from gateways.slots where key_ids <> '{}'")
        after = [house.dispatch(connection) for _ in range(5)]
        await house.say(*after)
        for delivery in (*before, *during, *after):
            await house.reaches(delivery, "confirmed")
    assert {event.outcome for event in house.said(EntryAttempted)} == {"accepted"}
    assert not [event for event in house.said(ConnectionHealthChanged) if event.health != "connected"]


async def test_nothing_is_sealed_under_a_key_before_every_gateway_holds_it(empty_house: House, tmp_path: Path) -> None:
    house = empty_house
    early, late = tmp_path / "early.json", tmp_path / "late.json"
    write_new_key(early, "common")
    shutil.copy(early, late)
    async with gateways(house, early=early, late=late):
        await house.hears(ConnectorAnnounced, sealing_key_id="common")
        write_new_key(early, "fresh")
        await house.until("select key_ids = '{common,fresh}' from gateways.slots where slot = 'early'")
        await asyncio.sleep(1.5)  # longer than the pause of whoever could seal under it now
        assert not house.said(ConnectorAnnounced, sealing_key_id="fresh")
        shutil.copy(early, late)
        await house.hears(ConnectorAnnounced, sealing_key_id="fresh")


async def test_nothing_is_sealed_under_a_key_while_a_gateway_has_not_said_what_it_holds(
    empty_house: House, tmp_path: Path
) -> None:
    house = empty_house
    ring = tmp_path / "ring.json"
    write_new_key(ring, "first-of-two")
    async with gateways(house, only=ring), house.database.acquire() as other:
        await house.hears(ConnectorAnnounced, sealing_key_id="first-of-two")
        await other.execute("insert into gateways.slots (slot, run) values ('starting', gen_random_uuid())")
        await other.execute("select pg_advisory_lock($1, hashtext('starting'))", SLOT_LOCK)
        write_new_key(ring, "second-of-two")
        await house.until("select key_ids = '{first-of-two,second-of-two}' from gateways.slots where slot = 'only'")
        await asyncio.sleep(1.5)  # longer than the pause of whoever could seal under it now
        assert not house.said(ConnectorAnnounced, sealing_key_id="second-of-two")
        await other.execute(
            "update gateways.slots set key_ids = '{first-of-two,second-of-two}' where slot = 'starting'"
        )
        await house.hears(ConnectorAnnounced, sealing_key_id="second-of-two")


@pytest.mark.parametrize("mended_by", ["the key comes back", "credentials are typed again"])
async def test_a_lost_key_halts_its_lane_and_says_so_until_it_is_mended(
    empty_house: House, tmp_path: Path, mended_by: str
) -> None:
    house = empty_house
    ring, lost = house.world.gateway_keys, tmp_path / "lost.json"
    async with gateways(house, only=ring):
        connection = await house.connect()
        shutil.copy(ring, lost)
        key_id = load_ring(ring).sealing_key.key_id
        write_new_key(ring, f"after {mended_by}".replace(" ", "-"))
        remove_key(ring, key_id)
        await house.until("select bool_and(not key_ids @> array[$1]) from gateways.slots where slot = 'only'", key_id)
        await house.until("select lease_until is null from gateways.lanes where connection_id = $1", connection)
        delivery = house.dispatch(connection)
        await house.say(delivery)
        told = await house.hears(ConnectionHealthChanged, connection_id=connection, health="credentials_refused")
        assert told.message
        assert told.message.category == "credentials_unreadable"
        assert told.message.text == "The kept credentials cannot be opened: their key is not here any more."
        assert told.message.remedy["fr"] == "Saisissez à nouveau les identifiants du logiciel."
        found = await listed(house)
        assert not found[key_id]["here"]
        assert found[key_id]["boxes"]
        assert house.software.sends(delivery.entry.entry_id) == 0
        if mended_by == "the key comes back":
            shutil.copy(lost, ring)
        else:
            await house.change(connection, version=2)
        await house.reaches(delivery, "confirmed")
        assert house.said(ConnectionHealthChanged, connection_id=connection)[-1].health == "connected"
    assert len(house.said(EntryDeliveryChanged, delivery_id=delivery.delivery_id, state="confirmed")) == 1


async def test_a_file_that_holds_no_ring_changes_nothing(empty_house: House, tmp_path: Path) -> None:
    house = empty_house
    ring = tmp_path / "ring.json"
    shutil.copy(house.world.gateway_keys, ring)
    async with gateways(house, only=ring):
        connection = await house.connect()
        ring.write_text('{"key-1": "half of a')
        delivery = house.dispatch(connection)
        await house.say(delivery)
        await house.reaches(delivery, "confirmed")
        refused = await keys(house, "list", "--ring", str(ring))
        assert (refused.exit_code, refused.stderr.strip()) == (1, f"{ring} holds no key ring")
