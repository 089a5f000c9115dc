"""Publishing a book in portions and following its entries until all is quiet."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from sandbox.adapters.api import ApiRefused
from sandbox.app.systems import GaveUp, Progress, Systems, once_arrived
from sandbox.domain.drafts import Draft

PORTION = 100
PORTION_LINES = 2_000
LOOK_EVERY_SECONDS = 0.5
PATIENCE_SECONDS = 180.0
"""How long nothing may change before it is said that something is stuck."""


@dataclass(slots=True)
class Sent:
    """What was published: entries, those said before, those that no event can carry; counts per kind."""

    published: int = 0
    unchanged: int = 0
    too_large: list[str] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """From which client file to which software file."""

    firm_id: str
    file_id: str
    connector: str
    software_file_id: str


async def publish_all(systems: Systems, route: Route, drafts: Iterable[Draft], total: int, progress: Progress) -> Sent:
    """Publish drafts in their order; the iterable is read as it goes, so a large file is never in memory."""
    sent = Sent()
    for portion in _portions(drafts):
        done = await systems.platform.publish(
            route.firm_id, route.file_id, route.connector, route.software_file_id, portion
        )
        sent.published += done["published"]
        sent.unchanged += done["unchanged"]
        sent.too_large += done["too_large"]
        for draft in portion:
            sent.kinds[draft.kind.value] = sent.kinds.get(draft.kind.value, 0) + 1
        progress.count("published", sent.published + sent.unchanged, total)
    return sent


async def until_quiet(systems: Systems, file_id: str, progress: Progress) -> dict[str, Any]:
    """The progress of a client file once every entry is in the books or back with the accountant.

    Raises `GaveUp`, with what was seen last, when nothing has changed for three minutes.
    """
    last: dict[str, Any] = {}
    changed = monotonic()
    while True:
        seen = await systems.platform.progress(file_id)
        booked = seen["states"].get("synchronized", 0)
        progress.count("booked", booked, seen["published"])
        if seen["quiet"]:
            return seen
        if seen != last:
            last, changed = seen, monotonic()
        if monotonic() - changed > PATIENCE_SECONDS:
            raise GaveUp(f"nothing has moved for {PATIENCE_SECONDS:.0f} s: {seen['states']}, waiting {seen['waiting']}")
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def until_revised(systems: Systems, file_id: str, revisions: dict[str, int]) -> None:
    """Wait until the platform has a newer revision of each of these entries. Raises `GaveUp`."""
    for entry_id, revision in revisions.items():

        async def revised(entry_id: str = entry_id, revision: int = revision) -> None:
            if (await systems.platform.entry(file_id, entry_id)).revision <= revision:
                raise ApiRefused("the platform", 409, "not_revised", f"entry {entry_id} is still revision {revision}")

        await once_arrived("the platform answers a correction", revised)


def _portions(drafts: Iterable[Draft]) -> Iterator[list[Draft]]:
    """At most 100 entries and about 2,000 lines at a time; an entry is never parted."""
    portion: list[Draft] = []
    lines = 0
    for draft in drafts:
        if portion and (len(portion) == PORTION or lines + len(draft.lines) > PORTION_LINES):
            yield portion
            portion, lines = [], 0
        portion.append(draft)
        lines += len(draft.lines)
    if portion:
        yield portion
