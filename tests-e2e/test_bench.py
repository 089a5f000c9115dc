"""Every bench runs and prints its figures; how fast this machine is, no test says."""

import asyncio
import os
import signal
import sys

import orjson
from fastapi.routing import APIRoute

from bench.benches import BENCHES
from bench.pages import UNTIMED
from bench.scale import SMOKE
from bench.vendors import vendors
from hub.entrypoints.pages.application import ROUTERS
from local_stack.backends import Backends
from local_stack.settings import PROJECT

EXPORTS = {f"export, {name}" for name in SMOKE.formats}
FIGURES = {
    "intake",
    *(f"delivery, {connector}" for connector in vendors()),
    "other firms beside a slow server",
    "other firms beside a dead server",
    "refresh, all new",
    "refresh, 1 % renamed",
    "refresh, unchanged",
    "documents",
    *EXPORTS,
}

PAGES = {
    route.path
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and "GET" in route.methods
}


async def test_every_bench_measures_the_system_beside_a_bare_loop(backends: Backends) -> None:
    given = {"QONTABLE_TEST_KAFKA": backends.kafka, "QONTABLE_TEST_POSTGRES": backends.postgres}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bench", "--smoke", "--json"),
        cwd=PROJECT,
        env=os.environ | given,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:  # the run was broken off: it stops what it started
            process.send_signal(signal.SIGINT)
            await process.wait()

    assert process.returncode == 0, errors.decode()
    report = orjson.loads(output)
    assert {figure["name"] for figure in report["figures"]} == FIGURES
    assert all(figure["system"]["per_second"] > 0 and figure["bare"]["per_second"] > 0 for figure in report["figures"])
    assert len(report["hops_ms"]) == 9
    assert set(report["peak_bytes"]) == {"entries", "gateways", "reference_data", "hub"} | EXPORTS
    assert {item["page"].partition(",")[0] for item in report["pages_ms"]} | set(UNTIMED) == PAGES
    assert list(BENCHES) == [
        "intake",
        "delivery",
        "neighbours",
        "refresh",
        "latency",
        "documents",
        "evening",
        "pages",
        "exports",
    ]
