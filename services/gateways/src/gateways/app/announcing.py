"""What the house hears of this process's connectors, at start and daily: compacted topics forget nothing that way."""

from gateways.app.parts import Parts
from qontable.events.connector import ConnectorAnnounced


async def announce(parts: Parts) -> bool:
    """Announce every connector with its data sheet and the key to seal credentials under, once there is one."""
    key = parts.ring.sealing_key
    if key is None:
        return False
    async with parts.units.unit() as unit:
        for name, connector in parts.connectors.items():
            unit.publish(
                ConnectorAnnounced(
                    connector=name,
                    version=connector.sheet.version,
                    sheet=connector.sheet,
                    sealing_key_id=key.key_id,
                    sealing_key=key.public,
                )
            )
    return False
