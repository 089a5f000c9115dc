"""Engine and MyUnisoft connector on real sockets, against the stand-in software and all that it can do wrong."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateways.connectors.myunisoft.client import MyUnisoft
from gateways.connectors.myunisoft.settings import MyUnisoftSettings
from gateways.connectors.registry import load_sheets
from local_stack.world import World
from qontable.events.connector import ConnectionHealthChanged
from qontable.events.delivery import EntryDispatched
from qontable.events.hub import Throttle

from .house import House, open_house
from .stand_in import LIMITS, TOKEN, faulty


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def myunisoft(world: World, control: httpx.AsyncClient) -> AsyncIterator[House]:
    """A gateway with the real connector; only its times are shorter than the sheet's."""
    sheet = load_sheets()["myunisoft"]
    settles = sheet.settles_within.model_copy(update={"value": 0.5})
    quick = sheet.model_copy(update={"request_timeout": 1.5, "settles_within": settles})
    variables = world.settings_env("gateways")
    settings = MyUnisoftSettings.model_validate(
        {"url": variables["QONTABLE_MYUNISOFT_URL"], "partner_secret": variables["QONTABLE_MYUNISOFT_PARTNER_SECRET"]}
    )
    async with open_house(world, MyUnisoft(quick, settings)) as house:  # type: ignore[arg-type]
        service = await house.gateway(slot="gateways-1")
        async with service.running():
            yield house


async def _connect(house: House) -> str:
    return await house.connect(token=TOKEN, throttle=Throttle(**LIMITS))


async def _software_file(house: House) -> str:
    number = await house.database.fetchval("select id from sandbox.software_files where code = 'DURAND'")
    return str(number)


async def _dispatch(house: House, connection: str, **changes: Any) -> EntryDispatched:
    return house.dispatch(connection, **changes).model_copy(update={"software_file": await _software_file(house)})


async def _booked(house: House, delivery: EntryDispatched) -> int:
    query = "select count(*) from sandbox.booked_entries where reference = $1"
    return int(await house.database.fetchval(query, delivery.reference))


FAULTS = [
    ("refuse_connection", {}),
    ("answer_late", {"seconds": 3.0}),
    ("book_and_cut", {}),
    ("book_and_error", {}),
    ("book_later", {"seconds": 0.8}),
    ("server_error", {}),
    ("throttle", {"seconds": 1.0}),
    ("maintenance", {}),
    ("garbage", {}),
    ("answer_without_entry", {}),
]


@pytest.mark.parametrize(("kind", "more"), FAULTS, ids=[kind for kind, _ in FAULTS])
async def test_whatever_the_software_does_to_a_booking_the_entry_is_booked_once(
    myunisoft: House, control: httpx.AsyncClient, kind: str, more: dict[str, Any]
) -> None:
    delivery = await _dispatch(myunisoft, await _connect(myunisoft))
    async with faulty(control, "POST /entry", kind, **more):
        await myunisoft.say(delivery)
        await myunisoft.reaches(delivery, "confirmed")
    assert await _booked(myunisoft, delivery) == 1


@pytest.mark.parametrize("kind", ["refuse_connection", "server_error", "throttle", "maintenance", "garbage"])
async def test_a_look_up_that_fails_never_leads_to_a_second_booking(
    myunisoft: House, control: httpx.AsyncClient, kind: str
) -> None:
    delivery = await _dispatch(myunisoft, await _connect(myunisoft))
    async with faulty(control, "POST /entry", "book_and_cut"), faulty(control, "GET /entry/id", kind, count=2):
        await myunisoft.say(delivery)
        await myunisoft.reaches(delivery, "confirmed")
    assert await _booked(myunisoft, delivery) == 1


async def test_a_locked_journal_comes_back_with_the_software_s_words_and_leaves_again_once_unlocked(
    myunisoft: House, control: httpx.AsyncClient
) -> None:
    connection = await _connect(myunisoft)
    delivery = await _dispatch(myunisoft, connection)
    await control.patch("/software-files/myunisoft/DURAND/journals/ACH", json={"locked": True})
    await myunisoft.say(delivery)
    rejected = await myunisoft.reaches(delivery, "rejected")
    await control.patch("/software-files/myunisoft/DURAND/journals/ACH", json={"locked": False})
    assert rejected.message is not None
    assert rejected.message.text
    assert rejected.message.remedy["fr"]
    again = await _dispatch(myunisoft, connection, file_id=delivery.file_id, entry_id=delivery.entry.entry_id)
    await myunisoft.say(again)
    await myunisoft.reaches(again, "confirmed")
    assert await _booked(myunisoft, delivery) == 1


async def test_a_revoked_key_halts_and_a_renewed_connection_delivers(
    myunisoft: House, control: httpx.AsyncClient
) -> None:
    connection = await _connect(myunisoft)
    await control.patch("/tokens", json={"token": TOKEN, "revoked": True})
    delivery = await _dispatch(myunisoft, connection)
    await myunisoft.say(delivery)
    await myunisoft.hears(ConnectionHealthChanged, connection_id=connection, health="credentials_refused")
    await control.patch("/tokens", json={"token": TOKEN, "revoked": False})
    await asyncio.sleep(1.0)
    assert await _booked(myunisoft, delivery) == 0
    await myunisoft.change(connection, token=TOKEN, version=2)
    await myunisoft.reaches(delivery, "confirmed")
    assert await _booked(myunisoft, delivery) == 1
