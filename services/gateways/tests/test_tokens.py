"""Renewed tokens in a running gateway: told in time, sealed again with the keys, tried again by themselves."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from gateways.domain.outcome import CredentialsAccepted, CredentialsOutcome
from gateways.domain.port import NewTokens, Session
from gateways.domain.words import authorisation_ends
from local_stack.world import World
from qontable.clock import now
from qontable.events.connector import ConnectionHealthChanged
from qontable.vault import load_ring, remove_key, write_new_key

from .house import House, open_house
from .software import Software


class Renewing(Software):
    """Gives tokens for credentials, due again after `life`; `ending` has it refuse to renew them once more."""

    life = timedelta(hours=8)
    ending = False
    renewals = 0

    async def check_credentials(self, session: Session) -> CredentialsOutcome:
        tokens = session.tokens
        assert tokens

        async def obtain() -> NewTokens:
            self.renewals += 1
            return NewTokens({"access": f"access-{self.renewals}"}, now() + self.life)

        kept = await tokens.kept()
        if kept is None or kept.renew_at <= now():
            kept = await tokens.renew(kept, obtain)
        tokens.warn(authorisation_ends(now().replace(microsecond=0)) if self.ending else None)
        return CredentialsAccepted()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def renewing(world: World) -> AsyncIterator[House]:
    """No gateway runs yet; connections of one test are not those of another."""
    async with open_house(world, Renewing()) as house:
        yield house


async def test_tokens_are_renewed_by_themselves_and_sealed_again_with_the_keys(renewing: House) -> None:
    house, software = renewing, renewing.software
    assert isinstance(software, Renewing)
    software.life = timedelta(seconds=1)
    ring = house.world.gateway_keys
    old = load_ring(ring).sealing_key.key_id
    service = await house.gateway(slot="gateways-1")
    async with service.running():
        connection = await house.connect()
        await house.comes_true(lambda: software.renewals > 2)
        software.life = timedelta(hours=8)
        given = software.renewals
        await house.comes_true(lambda: software.renewals > given)
        write_new_key(ring, "fresh-key")
        await house.until("select key_id = 'fresh-key' from gateways.tokens where connection_id = $1", connection)
        await house.until("select key_ids @> '{fresh-key}' from gateways.slots where slot = 'gateways-1'")
        change = house.connection(connection, token="good", throttle=None, version=2, enabled=True)
        await house.say(change)
        await house.until("select version = 2 from gateways.connections where connection_id = $1", connection)
        remove_key(ring, old)
        await house.until("select not key_ids @> array[$1] from gateways.slots where slot = 'gateways-1'", old)
        renewals = software.renewals
        await house.change(connection, version=3)
        assert software.renewals == renewals, "the tokens were kept through a change of key and of version"
        await house.change(connection, token="typed anew", version=4)
        assert software.renewals == renewals + 1, "newly typed credentials have tokens of their own"


async def test_an_authorisation_that_will_end_is_told_while_all_goes_well(renewing: House) -> None:
    house, software = renewing, renewing.software
    assert isinstance(software, Renewing)
    service = await house.gateway(slot="gateways-2")
    async with service.running():
        connection = await house.connect()
        ids = {"connection_id": connection}
        await house.hears(ConnectionHealthChanged, **ids, health="connected")
        software.ending = True
        await house.change(connection, version=2)
        await house.comes_true(lambda: len(house.said(ConnectionHealthChanged, **ids)) > 1)
        delivery = house.dispatch(connection)
        await house.say(delivery)
        await house.reaches(delivery, "confirmed")
        software.ending = False
        await house.change(connection, version=3)
        await house.comes_true(
            lambda: house.said(ConnectionHealthChanged, connection_id=connection)[-1].message is None
        )
    told = house.said(ConnectionHealthChanged, connection_id=connection)
    assert {event.health for event in told} == {"connected"}
    first, warned, last = told[0], told[1], told[-1]
    assert (first.message, last.message) == (None, None)
    assert warned.message
    assert warned.message.category == "authorisation_ends"
    assert warned.message.remedy["fr"]
