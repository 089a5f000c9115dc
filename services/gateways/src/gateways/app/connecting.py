"""What the hub says of connections."""

from collections.abc import Sequence

from gateways.adapters import connections, jobs
from gateways.adapters.connections import KnownConnection
from gateways.adapters.jobs import Job
from gateways.adapters.lanes import Touched, touch
from qontable.bus import Received
from qontable.clock import now
from qontable.events.hub import ConnectionChanged
from qontable.unit import Unit


async def take_connections(unit: Unit, records: Sequence[Received[ConnectionChanged]]) -> None:
    """Keep the newest state of each connection; a newer version ends a halt and has its credentials tried."""
    changed = await connections.keep_newest(unit.connection, [record.event for record in records])
    probes = [probe_of(known, str(known.version)) for known in changed if known.enabled]
    await jobs.insert(unit.connection, probes)
    present = now()
    await touch(
        unit.connection, [Touched(known.connection_id, known.firm_id, known.connector, present) for known in changed]
    )


def probe_of(known: KnownConnection, occasion: str) -> Job:
    """The job of trying a connection's credentials, once per occasion."""
    name = f"{known.connection_id}:{occasion}"
    return Job("probe", name, known.firm_id, known.connection_id, known.connector, "{}")
