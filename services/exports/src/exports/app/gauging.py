"""The number by which exports are watched and scaled: how long the oldest batch has been waiting."""

from exports.adapters import batches
from qontable import metrics
from qontable.clock import now
from qontable.unit import Units


async def gauge(units: Units) -> bool:
    """Read it and set it once; that of all replicas says the same."""
    async with units.database.pool.acquire() as connection:
        metrics.EXPORTS_DUE_SECONDS.set(await batches.oldest_open(connection, now()))
    return False
