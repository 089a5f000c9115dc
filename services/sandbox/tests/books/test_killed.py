"""Durable before it answers: what a killed sandbox had answered is in its books."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx

from local_stack.world import World
from qontable.database import Database

from ..served import eventually
from .conftest import Stand


async def test_whatever_was_answered_survives_sigkill(world: World, tmp_path: Path) -> None:
    answered: set[int] = set()
    async with _sandbox(world, tmp_path) as (process, url):
        database = await Database.connect(world.database_url("sandbox"), connections=2)
        async with httpx.AsyncClient(base_url=f"{url}/control", timeout=60) as control:
            file = await Stand(url, database, control, control).file()

        async def post(number: int) -> None:
            answer = await file.book(entry_origin_partner_id=f"QTB-{number}")
            answered.add(answer.json()["entry_array"][0]["entry_id"])
            if len(answered) == 100:
                process.send_signal(signal.SIGKILL)

        posts = await asyncio.gather(*(post(number) for number in range(400)), return_exceptions=True)
        assert any(isinstance(post, httpx.TransportError) for post in posts), "it was killed under way"
        await database.close()
    books = await asyncpg.connect(world.admin_url)
    rows = await books.fetch("select id from sandbox.booked_entries")
    await books.close()
    assert len(answered) >= 100
    assert answered <= {row["id"] for row in rows}


@asynccontextmanager
async def _sandbox(world: World, folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """The sandbox as a process of its own, as it runs everywhere."""
    environment = os.environ | world.settings_env("sandbox")
    with (folder / "sandbox.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "sandbox", env=environment, stdout=log, stderr=log
        )
    url = world.http_url("sandbox")
    async with httpx.AsyncClient(base_url=url) as http:

        async def healthy() -> bool:
            try:
                return (await http.get("/myunisoft/api/partners/health")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(healthy, seconds=60)
    yield process, url
    if process.returncode is None:
        process.kill()
    await process.wait()
