"""Numbers by which gateways are watched and scaled: age of due work, deliveries that are open."""

from gateways.adapters import deliveries, lanes
from gateways.app.parts import Parts
from qontable import metrics


class Gauges:
    """Sets the gauges of this process's connectors; those of all replicas say the same."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def step(self) -> bool:
        """Read and set them once."""
        names = list(self._parts.connectors)
        async with self._parts.units.database.pool.acquire() as connection:
            ages = await lanes.oldest_due(connection, names)
            counts = await deliveries.counts(connection)
        for name, age in ages.items():
            metrics.DELIVERIES_DUE_SECONDS.labels(name).set(age)
        metrics.DELIVERIES_OPEN.clear()
        for (connector, state), number in counts.items():
            metrics.DELIVERIES_OPEN.labels(connector, state).set(number)
        return False
