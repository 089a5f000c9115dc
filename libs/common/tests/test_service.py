"""One process: started, asked how it is, stopped."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from qontable.service import Service

WORKER = """
import asyncio, sys
from qontable.service import Service
from qontable.settings import Settings

async def main():
    service = await Service.open("kit", Settings())
    await service.run()

asyncio.run(main())
"""


async def _get(service: Service, path: str) -> httpx.Response:
    async with httpx.AsyncClient() as http:
        return await http.get(f"http://{service.settings.http_host}:{service.settings.http_port}{path}")


async def test_a_running_service_is_live_and_ready_and_shows_its_metrics(desk: Any) -> None:
    topic = await desk.new_topic()
    async with desk.running(desk.subscription(topic)) as service:
        assert (await _get(service, "/live")).status_code == 200
        assert (await _get(service, "/ready")).json() == {"service": "kit", "missing": []}
        await desk.send(topic, desk.event("fil_1"))
        await desk.eventually(lambda: desk.seen(topic))
        assert f'qontable_records_consumed_total{{topic="{topic}"}} 1.0' in (await _get(service, "/metrics")).text


async def test_a_loop_that_no_longer_turns_is_not_live(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    service = await Service.open("kit", desk.settings())

    async def stuck() -> bool:
        await asyncio.Event().wait()
        return False

    service.add_loop("stuck", stuck, idle_seconds=0)
    monkeypatch.setattr("qontable.service.STUCK_SECONDS", 0.05)
    async with service.running():
        await asyncio.sleep(0.1)
        answer = await _get(service, "/live")
    assert (answer.status_code, answer.json()["stuck"]) == (503, ["stuck"])


async def test_parts_are_stopped_in_the_opposite_order(desk: Any) -> None:
    said: list[str] = []

    @asynccontextmanager
    async def part(name: str) -> Any:
        said.append(f"{name} starts")
        yield
        said.append(f"{name} stops")

    service = await Service.open("kit", desk.settings())
    service.add_part(part("first"))
    service.add_part(part("second"))
    async with service.running():
        said.append("works")
    assert said == ["first starts", "second starts", "works", "second stops", "first stops"]


async def test_a_part_that_cannot_start_leaves_nothing_running(desk: Any) -> None:
    @asynccontextmanager
    async def part() -> Any:
        raise RuntimeError("cannot start")
        yield

    service = await Service.open("kit", desk.settings())
    service.add_part(part())
    with pytest.raises(RuntimeError, match="cannot start"):
        async with service.running():
            pass
    with pytest.raises(httpx.ConnectError):
        await _get(service, "/live")
    assert not [task for task in asyncio.all_tasks() if task.get_name() in ("relay", "forget_old", "http")]


@pytest.mark.parametrize("kafka", ["", "127.0.0.1:1"], ids=["at work", "still waiting for Kafka"])
async def test_a_terminated_process_ends_by_itself_and_without_complaint(desk: Any, kafka: str) -> None:
    settings = desk.settings()
    values = settings.model_dump(exclude_none=True) | ({"kafka": kafka} if kafka else {})
    environment = os.environ | {f"QONTABLE_{name.upper()}": str(value) for name, value in values.items()}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", WORKER, env=environment, stderr=PIPE)
    await desk.eventually(lambda: _answers(settings, missing=bool(kafka)))
    process.terminate()
    async with asyncio.timeout(20):
        _, said = await process.communicate()
    assert process.returncode == 0
    assert b"Traceback" not in said


async def _answers(settings: Any, *, missing: bool) -> bool:
    async with httpx.AsyncClient() as http:
        try:
            answer = await http.get(f"http://{settings.http_host}:{settings.http_port}/ready")
        except httpx.ConnectError:
            return False
    return bool(answer.json()["missing"]) == missing
