"""Deliveries in doubt on lanes that stand still end with a person, whatever becomes of the connection."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from gateways.domain.retry import RetryPlan
from qontable.events.delivery import EntryDispatched

from .house import FAST, House
from .software import cannot_ask, hand_over, time_out

SHORT = RetryPlan(
    steps=(timedelta(seconds=0.2),), give_up_after=timedelta(seconds=2), ask_again_after=timedelta(seconds=0.2)
)


@asynccontextmanager
async def running(house: House, plan: RetryPlan) -> AsyncIterator[None]:
    service = await house.gateway(slot="standstill", plan=plan)
    async with service.running():
        yield


async def _settled(house: House, delivery: EntryDispatched) -> None:
    """Wait until a look at the books proves something."""
    query = "select settled_at < clock_timestamp() from gateways.deliveries where delivery_id = $1"
    await house.until(query, delivery.delivery_id)


async def _left_behind(house: House, behaviour: Any, state: str) -> EntryDispatched:
    """An entry that may be in the books when its connection is switched off."""
    connection = await house.connect()
    delivery = house.dispatch(connection)
    house.software.script[delivery.entry.entry_id] = [behaviour]
    house.software.finds[delivery.entry.entry_id] = [cannot_ask("refused")] * 1000
    await house.say(delivery)
    await house.reaches(delivery, state)
    await house.change(connection, version=2, enabled=False)
    return delivery


@pytest.mark.parametrize(("behaviour", "state"), [(time_out, "unknown"), (hand_over, "handed_over")])
async def test_what_is_in_doubt_when_its_connection_is_switched_off_is_parked_when_retries_have_lasted_long_enough(
    empty_house: House, behaviour: Any, state: str
) -> None:
    house = empty_house
    async with running(house, SHORT):
        delivery = await _left_behind(house, behaviour, state)
        parked = await house.reaches(delivery, "parked")
        assert parked.message is not None
        assert parked.message.category == "gave_up_asking"
        await house.resolve(delivery, "in_books")
        await house.reaches(delivery, "confirmed")


async def test_a_person_answers_at_once_for_what_is_in_doubt_while_its_connection_is_off(empty_house: House) -> None:
    house = empty_house
    async with running(house, FAST):
        for answer, state in (("in_books", "confirmed"), ("not_in_books", "queued"), ("drop", "recalled")):
            delivery = await _left_behind(house, time_out, "unknown")
            await _settled(house, delivery)
            told = len(house.states(delivery))
            await house.resolve(delivery, answer)
            await house.comes_true(lambda told=told, it=delivery: len(house.states(it)) > told)  # type: ignore[misc]
            assert house.states(delivery)[-1] == state
            assert house.software.sends(delivery.entry.entry_id) == 1


async def test_a_person_answers_at_once_for_what_is_in_doubt_while_the_credentials_are_refused(
    empty_house: House,
) -> None:
    house = empty_house
    async with running(house, FAST):
        connection = await house.connect()
        delivery = house.dispatch(connection)
        house.software.script[delivery.entry.entry_id] = [time_out]
        house.software.finds[delivery.entry.entry_id] = [cannot_ask("credentials")]
        await house.say(delivery)
        await house.until("select halted_version = 1 from gateways.lanes where connection_id = $1", connection)
        await _settled(house, delivery)
        await house.resolve(delivery, "in_books")
        await house.reaches(delivery, "confirmed")
