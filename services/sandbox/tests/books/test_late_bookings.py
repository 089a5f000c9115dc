"""What a software put off is in its books when it said, also when it was down meanwhile."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from local_stack.world import World
from qontable.database import Database
from sandbox.app.fault_box import FaultBox
from sandbox.app.late_bookings import LateBookings, Punctual
from sandbox.entrypoints.control.application import control_application
from sandbox.software.registry import open_standins

from ..served import served
from .conftest import Stand

REFERENCE = "0190a3c2-0000-7000-8000-00000000d0e5"


async def test_nothing_is_looked_up_before_what_was_due_is_booked(world: World) -> None:
    """No background loop runs here, as if the software had been down until just now."""
    database = await Database.connect(world.database_url("sandbox"))
    faults = FaultBox()
    standins = open_standins(database, faults)
    late = LateBookings(database, {connector: standin.work_off for connector, standin in standins.items()})
    routes = [Mount("/myunisoft", Punctual(standins["myunisoft"].application(), late.catch_up))]
    app = Starlette(routes=[*routes, Mount("/control", control_application(database, faults))])
    async with (
        served(app) as url,
        httpx.AsyncClient(base_url=f"{url}/control", timeout=60) as control,
        httpx.AsyncClient(base_url=f"{url}/myunisoft") as api,
    ):
        file = await Stand(url, database, control, api).file()
        await file.fault("book_later", route="POST /entry", count=1, seconds=0)
        with pytest.raises(httpx.TransportError):
            await file.api.post("/entry?type=e", json=file.entry(entry_origin_partner_id=REFERENCE))
        assert await database.pool.fetchval("select count(*) from late_requests where due_at <= now()") == 1
        found = await file.api.get("/entry/id", params={"id_origin": REFERENCE})
        assert found.status_code == 200
        assert await database.pool.fetchval("select count(*) from late_requests") == 0
        await file.api.aclose()
    await database.close()
