"""The hub as a process and at a terminal."""

import asyncio
import os
import signal
import sys
import time
from typing import Any

import httpx

from local_stack.ports import free_port
from qontable.events.hub import ConnectionCheckRequested

COMMAND = (sys.executable, "-c", "from qontable.command import main; main()", "hub", "token")


async def test_the_process_stops_at_once_though_someone_waits_for_an_answer(town: Any, firm: Any) -> None:
    started = await firm.start()
    port = str(free_port(()))
    env = os.environ | town.world.settings_env("hub") | {"QONTABLE_HTTP_PORT": port}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "hub", env=env)
    try:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, headers=firm.admin.headers, timeout=40) as client:
            await town.eventually(lambda: _is_ready(client))
            path = f"/v1/connections/{started['connection']['connection_id']}/checks/{started['check']['check_id']}"
            waiting = asyncio.create_task(client.get(path, params={"wait": 30}))
            await asyncio.sleep(0.5)
            told = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert (await waiting).json()["status"] == "pending"
        assert await asyncio.wait_for(process.wait(), 20) == 0
        assert time.monotonic() - told < 15
    finally:
        if process.returncode is None:
            process.kill()


async def test_a_word_from_one_process_wakes_who_waits_at_another(town: Any, firm: Any) -> None:
    started = await firm.start()
    check_id = started["check"]["check_id"]
    async with town.another_hub():
        await town.hear(ConnectionCheckRequested, lambda event: event.check_id == check_id)
        path = f"/connections/{started['connection']['connection_id']}/checks/{check_id}"
        waiting = asyncio.create_task(firm.admin.get(path, params={"wait": 30}))
        await town.answer_check(check_id)
        assert (await waiting).json()["status"] == "accepted"


async def test_a_database_that_goes_away_is_said_and_comes_back(town: Any, firm: Any) -> None:
    mine = "usename = 'hub' and datname = current_database()"
    everyone = f"select pg_terminate_backend(pid) from pg_stat_activity where {mine}"
    seen = set()
    for _ in range(10):
        await town.rows(everyone)
        answer = await firm.admin.get("/files")
        seen.add((answer.status_code, answer.json().get("code")))
    assert seen <= {(200, None), (503, "unavailable")}
    await town.eventually(lambda: firm.admin.get("/files"), lambda answer: answer.status_code == 200)
    started = await firm.start()
    check_id = started["check"]["check_id"]
    await town.answer_check(check_id)
    path = f"/connections/{started['connection']['connection_id']}/checks/{check_id}"
    assert (await firm.admin.get(path, params={"wait": 20})).json()["status"] == "accepted"


async def test_a_token_made_at_the_terminal_opens_the_api(town: Any, firm: Any) -> None:
    status, token, _ = await _run(town, "--firm", firm.id)
    assert status == 0
    async with town.client(token.strip()) as client:
        assert (await client.get("/me")).json()["member"]["user_id"] == "usr_ada"
    acts = (await firm.admin.get("/audit")).json()["acts"]
    assert (acts[0]["user_id"], acts[0]["action"]) == ("command line", "token.issued")


async def test_a_token_that_cannot_be_made_says_why(town: Any, firm: Any) -> None:
    status, printed, error = await _run(town, "--firm", firm.id, "--user", "usr_nobody")
    assert (status, printed) == (1, "")
    assert "usr_nobody is no member of firm" in error
    assert (await _run(town, "--firm", "frm_nobody"))[0] == 1
    elsewhere = f"postgres://hub@127.0.0.1:{free_port(())}/none"
    assert (await _run(town, "--firm", firm.id, "--database-url", elsewhere))[0] == 3


async def _run(town: Any, *words: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *words,
        env=os.environ | town.world.settings_env("hub"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, error = await process.communicate()
    return process.returncode, printed.decode(), error.decode()


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/ready")).status_code == 200
    except httpx.ConnectError:
        return False
