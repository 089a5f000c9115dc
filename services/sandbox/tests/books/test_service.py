"""The stand-ins inside the sandbox's own process, as the kit serves it: mounted, cut, worked off late."""

import httpx
import pytest

from local_stack.world import World
from qontable.service import Service
from qontable.settings import Settings
from sandbox.entrypoints.books import add_softwares

from ..served import eventually


@pytest.mark.usefixtures("world")
async def test_the_service_serves_the_vendor_cuts_connections_and_books_late(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in world.settings_env("sandbox").items():
        monkeypatch.setenv(name, value)
    service = await Service.open("sandbox", Settings())
    add_softwares(service)
    base = world.http_url("sandbox")
    async with service.running(), httpx.AsyncClient(base_url=base) as http:

        async def healthy() -> bool:
            try:
                return (await http.get("/myunisoft/api/partners/health")).status_code == 200
            except httpx.ConnectError:
                return False

        await eventually(healthy)
        order = {"kind": "refuse_connection", "route": "GET /api/partners/health", "count": 1}
        assert (await http.post("/control/faults", json=order)).status_code == 200
        with pytest.raises(httpx.TransportError):
            await http.get("/myunisoft/api/partners/health")
        assert (await http.get("/myunisoft/api/partners/health")).status_code == 200
        assert "late_bookings" in [loop.name for loop in service.loops]
