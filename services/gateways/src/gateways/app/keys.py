"""Keys come and go while gateways work: the file is read, the processes agree, boxes move under the newest key."""

from collections.abc import Callable

import structlog

from gateways.adapters import connections, jobs, lanes, tokens
from gateways.adapters.connections import KnownConnection
from gateways.adapters.jobs import Job
from gateways.adapters.keys import keys_at_work, tell_keys
from gateways.adapters.slots import Presence
from gateways.adapters.tokens import KIND, TokenRow
from gateways.app.parts import Parts
from qontable.events.connector import ConnectionResealed
from qontable.unit import Unit
from qontable.vault import BoxRefused, SealingKey

log = structlog.get_logger()

RESEAL_AT_ONCE = 100


class KeyWatch:
    """Follows the key ring. `agreed` is called when credentials are to be sealed under another key than before."""

    def __init__(self, parts: Parts, presence: Presence, agreed: Callable[[], None]) -> None:
        self._parts = parts
        self._presence = presence
        self._agreed = agreed

    async def step(self) -> bool:
        """Read the ring if it has changed, and agree with the other processes. Raises when the file holds no ring."""
        ring, owner = self._parts.ring, self._presence.owner
        ring.read_again()
        if owner is None:
            return False
        async with self._parts.units.unit() as unit:
            await tell_keys(unit.connection, owner, ring.key_ids)
            rings = (await keys_at_work(unit.connection)).values()
            if not all(rings):
                return False  # one that has just started has yet to say which it holds
            held = set(ring.key_ids).intersection(*rings)
            await _resume(unit, held)
        if ring.agree(held):
            self._agreed()
        return False


async def _resume(unit: Unit, held: set[str]) -> None:
    """Lanes that halted for want of a key go on when every process has it: their credentials are tried again."""
    for lane in await lanes.end_unreadable(unit.connection, sorted(held)):
        name = f"{lane.connection_id}:token {lane.token}"
        await jobs.insert(unit.connection, [Job("probe", name, lane.firm_id, lane.connection_id, lane.connector, "{}")])


class Resealing:
    """Asks the hub to keep credentials under the newest key where they lie under an older one that is here.

    Renewed tokens are the gateways' own: they are sealed again in place.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._after = ""

    async def step(self) -> bool:
        """Seal the next boxes again; true while there may be more."""
        ring = self._parts.ring
        newest = ring.sealing_key
        if newest is None:
            return False
        async with self._parts.units.unit() as unit:
            old = await connections.sealed_under_other_keys(
                unit.connection, list(self._parts.connectors), newest.key_id, ring.key_ids, self._after, RESEAL_AT_ONCE
            )
            for known in old:
                self._say(unit, known, newest)
            held = await tokens.sealed_under_other_keys(
                unit.connection, list(self._parts.connectors), newest.key_id, ring.key_ids, RESEAL_AT_ONCE
            )
            moved = [await self._reseal(unit, row, newest) for row in held]
        more = len(old) == RESEAL_AT_ONCE
        self._after = old[-1].connection_id if more else ""
        return more or (len(moved) == RESEAL_AT_ONCE and any(moved))

    async def _reseal(self, unit: Unit, row: TokenRow, newest: SealingKey) -> bool:
        """Seal tokens again; whether they could be opened."""
        ids = {"firm_id": row.firm_id, "connection_id": row.connection_id}
        try:
            secrets = self._parts.ring.open(row.sealed, **ids, kind=KIND)
        except BoxRefused as error:
            log.error("tokens cannot be opened", connection_id=row.connection_id, detail=str(error))
            return False
        await tokens.reseal(unit.connection, row, newest.seal(secrets, **ids, kind=KIND))
        return True

    def _say(self, unit: Unit, known: KnownConnection, newest: SealingKey) -> None:
        ids = {"firm_id": known.firm_id, "connection_id": known.connection_id}
        try:
            credentials = self._parts.ring.open(known.sealed, **ids)
        except BoxRefused as error:
            log.error("credentials cannot be opened", connection_id=known.connection_id, detail=str(error))
            return
        unit.publish(
            ConnectionResealed(
                **ids,
                connector=known.connector,
                from_version=known.version,
                sealed=newest.seal(credentials, **ids),
            )
        )
