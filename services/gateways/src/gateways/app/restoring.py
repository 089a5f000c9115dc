"""Notices that the database was restored from a backup, before anything is sent, and puts in doubt what may have left.

The database beats, and each beat is written down in object storage, which no restored backup takes back. A database
that is behind its mark was restored (decision 10).
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta

import structlog

from gateways.adapters import deliveries, lanes, restorations
from gateways.adapters.lanes import Touched
from gateways.app.parts import Parts
from gateways.domain.restoration import NoticedBy, Restoration, doubted
from gateways.domain.rules import lease_length, sending_rules
from qontable.database import UNREACHABLE
from qontable.sheet import Sheet
from qontable.unit import Unit

log = structlog.get_logger()


async def judge_patiently(parts: Parts) -> None:
    """Compare the database with its mark, at start, waiting for both: without them nobody can know what was sent."""
    while True:
        try:
            await judge_pulse(parts)
        except UNREACHABLE as error:
            log.warning("waiting to see whether the database was restored", error=type(error).__name__)
            await asyncio.sleep(1.0)
        else:
            return


async def judge_pulse(parts: Parts) -> Restoration | None:
    """Compare the database with its mark; what was found if it is behind. Raises one of `UNREACHABLE`."""
    number = await restorations.marked(parts.storage)
    async with parts.units.unit() as unit:
        if await restorations.lock_pulse(unit.connection) >= number:
            return None
        await restorations.advance(unit.connection, number)
        sheets = [connector.sheet for connector in parts.connectors.values()]
        found = await put_in_doubt(unit, doubts_of(sheets, parts.least_lease), "pulse")
    log.error("the database was restored from a backup: what may have been sent is looked up first", mark=number)
    return found


async def put_in_doubt(unit: Unit, doubts: Mapping[str, timedelta], noticed_by: NoticedBy) -> Restoration:
    """Everything that is open may have left meanwhile: ask before sending. Owners of before have lost their lanes.

    What ended just before the backup is told once more: it may have been on its way when the others were backed up.
    """
    restoration = await restorations.record(unit.connection, noticed_by, doubts)
    ids = await restorations.leap(unit.connection)
    rows = (await deliveries.lock(unit.connection, ids)).values()
    after = [doubted(row, restoration, restoration.restored_at) for row in rows]
    ended = await deliveries.by_ids(unit.connection, await restorations.ended_lately(unit.connection))
    for row in [*await deliveries.write(unit.connection, after), *ended.values()]:
        unit.publish(row.event(), traceparent=row.traceparent)
    touched = [Touched(row.connection_id, row.firm_id, row.connector, restoration.restored_at) for row in after]
    await lanes.touch(unit.connection, touched)
    return restoration


async def beat(parts: Parts) -> bool:
    """One beat, and its mark. For a background loop."""
    async with parts.units.database.transaction() as connection:
        number = await restorations.beat(connection)
    await restorations.mark(parts.storage, number)
    return False


def doubts_of(sheets: Iterable[Sheet], least_lease: timedelta) -> dict[str, timedelta]:
    """How long what owners of before had begun may go on, by connector."""
    rules = {sheet.connector: sending_rules(sheet, None) for sheet in sheets}
    return {name: lease_length(rule, least_lease) + rule.settles_within for name, rule in rules.items()}
