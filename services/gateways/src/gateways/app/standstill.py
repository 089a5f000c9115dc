"""Deliveries in doubt on lanes that stand still: nobody will ask about them, so in the end a person is (DESIGN 5).

A connection that is switched off, or whose credentials the software refuses for good, has no owner that would notice
that retries have lasted long enough.
"""

from dataclasses import replace

from gateways.adapters import deliveries
from gateways.app.parts import Parts
from gateways.domain.life import unasked
from qontable.clock import now

AT_ONCE = 200
IN_DOUBT = ("sending", "unknown", "handed_over")


class Standstill:
    """Parks what could not be asked about for as long as retries last. `step` is for a background loop."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def step(self) -> bool:
        """Park some; true if there may be more."""
        async with self._parts.units.unit() as unit:
            present = now()
            cutoff = present - self._parts.plan.give_up_after
            names = await deliveries.unasked(unit.connection, list(self._parts.connectors), cutoff, AT_ONCE)
            rows = await deliveries.lock(unit.connection, names)
            late = [row for row in rows.values() if row.state in IN_DOUBT and row.due_at and row.due_at <= cutoff]
            parked = [replace(unasked(row, present), changed_at=present) for row in late]
            for row in await deliveries.write(unit.connection, parked):
                unit.publish(row.event(), traceparent=row.traceparent)
        return len(names) == AT_ONCE
