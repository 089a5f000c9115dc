"""An import is in the books when it should be, also when the software was down until just now."""

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from local_stack.world import World
from qontable.database import Database
from sandbox.app.fault_box import FaultBox
from sandbox.app.late_bookings import Punctual
from sandbox.entrypoints.control.application import control_application
from sandbox.software.cegid_loop.application import Software

from ..served import served
from .bodies import ORIGIN, invoice
from .conftest import Files, Stand


async def test_nothing_is_looked_up_before_due_imports_have_run(world: World) -> None:
    """No background loop runs here."""
    database, faults = await Database.connect(world.database_url("sandbox")), FaultBox()
    software = Software(database, faults)
    routes = [Mount("/cegid_loop", Punctual(software.application(), software.catch_up))]
    app = Starlette(routes=[*routes, Mount("/control", control_application(database, faults))])
    async with (
        served(app) as url,
        httpx.AsyncClient(base_url=f"{url}/control", timeout=60) as control,
        httpx.AsyncClient(base_url=f"{url}/cegid_loop/hub", timeout=60) as hub,
    ):
        folder = await Stand(url, database, control, hub, Files()).folder()
        assert (await folder.send(invoice())).status_code == 200
        assert await folder.find(f'ecritureOrigine == "{ORIGIN}"')
        await folder.switch(running_seconds=600)
        later = (await folder.send(invoice())).json()["accountingImportRequestId"]
        assert await database.pool.fetchval("select state from import_requests where id = $1::uuid", later) == "waiting"
        await folder.all()
        assert await database.pool.fetchval("select state from import_requests where id = $1::uuid", later) == "running"
        await folder.api.aclose()
    await database.close()
