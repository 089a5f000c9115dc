"""One trace per entry, from the platform's event to the software's answer, through every topic and table."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from local_stack.ports import free_port
from local_stack.world import World

from .fec_files import Dialect, purchase, write_fec
from .otlp import ReceivedSpan, Receiver, otlp_receiver
from .system import System, running_system

Step = tuple[str, str]

VALIDATED = ("entries", "process entry.validated")
BOOKINGS = {
    "cegid_loop": "POST /importJson",
    "myunisoft": "POST /entry",
    "pennylane": "POST /api/external/firm/v1/companies/{company}/ledger_entries",
}
"""By connector: the request that books."""


def steps_below(connector: str) -> dict[Step, Step]:
    """Spans that an entry's trace must hold, each below another one."""
    dispatched = ("gateways", f"process entry.dispatched.{connector}")
    sent = ("gateways", f"send {connector}")
    return {
        ("entries", "fetch document"): VALIDATED,
        ("entries", "dispatch entry"): VALIDATED,
        dispatched: ("entries", "dispatch entry"),
        sent: dispatched,
        ("gateways", BOOKINGS[connector]): sent,
        ("entries", "process entry.delivery_changed"): sent,
        ("hub", "process entry.attempted"): sent,
        ("hub", "process entry.status_changed"): VALIDATED,
    }


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def traced(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[System, Receiver]]:
    """A system that exports its traces to the test."""
    async with (
        otlp_receiver(free_port(world.surroundings.ports.values())) as receiver,
        running_system(world, tmp_path_factory.mktemp("system"), QONTABLE_OTLP_ENDPOINT=receiver.url) as system,
    ):
        yield system, receiver


@pytest.mark.parametrize("connector", BOOKINGS)
async def test_an_entry_has_one_trace_from_the_platform_to_the_software(
    traced: tuple[System, Receiver], tmp_path: Path, connector: str
) -> None:
    system, receiver = traced
    earlier = {span.trace_id for span in receiver.spans}
    fec = write_fec(tmp_path / "one.txt", purchase("A1", ("401DURAND", "Durand"), "100.00", "20.00"), Dialect())
    where = ["--connector", connector, "--software-file", "TRACE"]
    status, output = await system.run("sandbox", "publish", "--fec", str(fec), *where, "--wait")
    assert status == 0, output
    await until_the_way_is_whole(receiver, connector, earlier)


async def until_the_way_is_whole(receiver: Receiver, connector: str, earlier: set[str]) -> None:
    """Spans are exported by and by: wait for the whole way, or say where it breaks off."""
    missing = ""
    try:
        async with asyncio.timeout(30):
            while missing := break_in_the_way(receiver.spans, connector, earlier):
                await asyncio.sleep(0.2)
    except TimeoutError:
        pytest.fail(missing)


def break_in_the_way(spans: list[ReceivedSpan], connector: str, earlier: set[str]) -> str:
    """The first step of a new trace that does not hang where it must; nothing when the way is whole."""
    traces = {span.trace_id for span in spans if (span.service, span.name) == VALIDATED} - earlier
    if len(traces) != 1:
        return f"{len(traces)} traces hold {VALIDATED}"
    tree = [span for span in spans if span.trace_id in traces]
    for below, above in steps_below(connector).items():
        steps = [span for span in tree if (span.service, span.name) == below]
        if not any(above == (span.service, span.name) for step in steps for span in ancestors(step, tree)):
            return f"{below} is missing below {above}, among {sorted({(s.service, s.name) for s in tree})}"
    return ""


def ancestors(span: ReceivedSpan, tree: list[ReceivedSpan]) -> list[ReceivedSpan]:
    """Every span above this one."""
    by_id = {item.span_id: item for item in tree}
    above = []
    while span.parent_id in by_id:
        span = by_id[span.parent_id]
        above.append(span)
    return above
