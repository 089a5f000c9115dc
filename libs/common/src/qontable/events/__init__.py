"""Every event type of the house, by its name on the wire."""

from qontable.events import connector, delivery, export, hub, platform, reference
from qontable.events.base import Event

MODULES = (platform, hub, reference, delivery, connector, export)


def _event_types() -> dict[str, type[Event]]:
    types: dict[str, type[Event]] = {}
    for module in MODULES:
        for item in vars(module).values():
            if isinstance(item, type) and issubclass(item, Event) and item is not Event:
                types[item.ce_type()] = item
    return types


EVENT_TYPES: dict[str, type[Event]] = _event_types()
"""`ce_type` → model, e.g. `qontable.entry.validated.v1` → `EntryValidated`."""
