"""The sandbox's MyUnisoft as a process, and the faults that a test orders from it."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from local_stack.world import World

TOKEN = "header.payload.signature-9zT4"
LIMITS = {"requests": 10_000, "seconds": 10.0, "concurrent": 50}


@asynccontextmanager
async def running_stand_in(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The stand-in software as a process, with one client file and one key; its control."""
    async with serving_stand_in(world) as client:
        await _fill(client, world)
        yield client


@asynccontextmanager
async def serving_stand_in(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The stand-in softwares as a process, with nothing in them; their control.

    An idle connection is dropped well before the server drops it: a request on its way would go down with it.
    """
    environment = os.environ | world.settings_env("sandbox")
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "sandbox", env=environment, stdout=DEVNULL)
    try:
        address, idle = f"{world.http_url('sandbox')}/control", httpx.Limits(keepalive_expiry=2)
        async with httpx.AsyncClient(base_url=address, timeout=60, limits=idle) as client:
            await _ready(client)
            yield client
    finally:
        process.terminate()
        await process.wait()


async def _ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                if (await client.get("/faults")).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)


async def _fill(client: httpx.AsyncClient, world: World) -> None:
    seed = {
        "connector": "myunisoft",
        "firm": "Cabinet",
        "code": "DURAND",
        "name": "Durand SARL",
        "accounts": [{"number": "606400", "label": "Fournitures"}, {"number": "401000", "label": "Fournisseurs"}],
        "journals": [{"code": "ACH", "name": "Achats", "type": "purchases"}],
        "fiscal_years": [{"start": "2026-01-01", "end": "2026-12-31"}],
    }
    (await client.post("/software-files", json=seed)).raise_for_status()
    secret = world.settings_env("gateways")["QONTABLE_MYUNISOFT_PARTNER_SECRET"]
    token = {"connector": "myunisoft", "firm": "Cabinet", "token": TOKEN, "secret": secret, "activated": True} | LIMITS
    (await client.post("/tokens", json=token)).raise_for_status()


@asynccontextmanager
async def faulty(control: httpx.AsyncClient, route: str, kind: str, **more: Any) -> AsyncIterator[None]:
    """A fault strikes once, or `count` times, inside the block."""
    ordered = await control.post("/faults", json={"kind": kind, "route": route, "count": 1} | more)
    number = ordered.raise_for_status().json()["id"]
    yield
    faults = {fault["id"]: fault for fault in (await control.get("/faults")).json()["faults"]}
    await control.delete(f"/faults/{number}")
    assert faults[number]["struck"], f"{kind} never struck"
