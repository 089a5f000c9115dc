"""What the house hears of formats, at start and daily: compacted topics forget nothing that way."""

from exports.domain.description import Description
from exports.domain.needs import needs
from exports.formats.registry import SOFTWARES, descriptions
from qontable.events.export import FormatAnnounced, FormatLimit
from qontable.unit import Units

VERSION = 1
"""Counts changes that readers have to tell apart by more than what is said."""


async def announce(units: Units) -> bool:
    """Announce every format with its limits."""
    async with units.unit() as unit:
        for description in descriptions().values():
            unit.publish(announcement(description))
    return False


def announcement(description: Description) -> FormatAnnounced:
    """What is said of a format."""
    return FormatAnnounced(
        format=description.name,
        version=VERSION,
        title=description.title,
        file_name=description.file_name,
        softwares=tuple(name for name, formats in SOFTWARES.items() if description.name in formats),
        first_for=tuple(name for name, formats in SOFTWARES.items() if formats[0] == description.name),
        limits=tuple(
            FormatLimit(role=role, max=limit.max, overflow=limit.overflow, evidence=limit.evidence)
            for role, limit in description.limits.items()
        ),
        max_lines=description.max_lines,
        documents=description.documents is not None,
        needs=needs(description),
    )
