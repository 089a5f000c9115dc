"""Import files as a firm asks for them: through the Hub's API, with a token of its administrator."""

import asyncio
from typing import Any

import httpx

from sandbox.app.systems import Systems, once_arrived

from .system import System

PATIENCE_SECONDS = 60


async def signed_in(system: System, systems: Systems, firm_id: str) -> httpx.AsyncClient:
    """The Hub's API for the firm's administrator."""
    await once_arrived("the firm reaches the Hub", lambda: systems.hub.sign_in(firm_id, systems.platform_secret))
    address = system.world.http_url("hub")
    async with httpx.AsyncClient(base_url=address) as platform:
        headers = {"Authorization": f"Bearer {systems.platform_secret}"}
        token = (await platform.post(f"/v1/firms/{firm_id}/tokens", json={}, headers=headers)).json()["token"]
    return httpx.AsyncClient(base_url=f"{address}/v1", headers={"Authorization": f"Bearer {token}"}, timeout=40)


async def exported(hub: httpx.AsyncClient, file_id: str, wish: dict[str, Any]) -> dict[str, Any]:
    """An export that has ended."""
    answer = await hub.post("/exports", json={"file_ids": [file_id], **wish})
    while answer.status_code == 422 and answer.json()["code"] == "export_format_unknown":
        await asyncio.sleep(0.2)
        answer = await hub.post("/exports", json={"file_ids": [file_id], **wish})
    assert answer.status_code == 202, answer.text
    path = f"/exports/{answer.json()['exports'][0]['export_id']}"
    done: dict[str, Any] = {"state": "requested"}
    async with asyncio.timeout(PATIENCE_SECONDS):
        while done["state"] == "requested":
            done = (await hub.get(path, params={"wait": 20})).json()
    return done
