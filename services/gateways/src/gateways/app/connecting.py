"""What the hub says of connections, and credentials moved under the newest key."""

from collections.abc import Sequence

import structlog

from gateways.adapters import connections, jobs
from gateways.adapters.connections import KnownConnection
from gateways.adapters.jobs import Job
from gateways.adapters.lanes import Touched, touch
from gateways.app.parts import Parts
from qontable.bus import Received
from qontable.clock import now
from qontable.events.connector import ConnectionResealed
from qontable.events.hub import ConnectionChanged
from qontable.unit import Unit
from qontable.vault import BoxRefused

log = structlog.get_logger()

RESEAL_AT_ONCE = 100


async def take_connections(unit: Unit, records: Sequence[Received[ConnectionChanged]]) -> None:
    """Keep the newest state of each connection; a newer version ends a halt and has its credentials tried."""
    changed = await connections.keep_newest(unit.connection, [record.event for record in records])
    probes = [_probe(known) for known in changed if known.enabled]
    await jobs.insert(unit.connection, probes)
    present = now()
    await touch(
        unit.connection, [Touched(known.connection_id, known.firm_id, known.connector, present) for known in changed]
    )


def _probe(known: KnownConnection) -> Job:
    name = f"{known.connection_id}:{known.version}"
    return Job("probe", name, known.firm_id, known.connection_id, known.connector, "{}")


async def reseal(parts: Parts) -> bool:
    """Ask the hub to keep credentials under the newest key where they are sealed under an older one that is here."""
    newest = parts.ring.sealing_key
    async with parts.units.unit() as unit:
        old = await connections.sealed_under_other_keys(
            unit.connection, list(parts.connectors), newest.key_id, parts.ring.key_ids, RESEAL_AT_ONCE
        )
        for known in old:
            try:
                credentials = parts.ring.open(known.sealed, firm_id=known.firm_id, connection_id=known.connection_id)
            except BoxRefused as error:
                log.error("credentials cannot be opened", connection_id=known.connection_id, detail=str(error))
                continue
            unit.publish(
                ConnectionResealed(
                    firm_id=known.firm_id,
                    connection_id=known.connection_id,
                    connector=known.connector,
                    from_version=known.version,
                    sealed=newest.seal(credentials, firm_id=known.firm_id, connection_id=known.connection_id),
                )
            )
    return False
