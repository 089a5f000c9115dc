"""The stand-in on a real socket and a real database, an integrator who knows only the vendor's page, and its files."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from local_stack.world import World
from qontable.database import Database
from qontable.loop import Loop
from sandbox.app.fault_box import FaultBox
from sandbox.app.late_bookings import LateBookings
from sandbox.entrypoints.control.application import control_application
from sandbox.software import cegid_loop
from sandbox.software.cegid_loop.application import API, Software

from ..served import eventually, served
from .bodies import SIRET, request

SUBSCRIPTION = "subscription-5b1c"
CHART = {
    "101000": "Capital",
    "401000": "Fournisseurs",
    "411000": "Clients",
    "421000": "Personnel",
    "445660": "TVA déductible",
    "467000": "Autres débiteurs",
    "512000": "Banque",
    "606400": "Fournitures administratives",
    "706000": "Prestations",
}
THIRDS = (
    ("FDURAND", "Papeterie Durand", "401000"),
    ("CMARTIN", "Martin SARL", "411000"),
    ("SLEROY", "Leroy Anne", "421000"),
    ("DASSO", "Association", "467000"),
)
JOURNALS = (("AC", "Achats", "purchases"), ("BQ", "Banque", "bank"), ("OD", "Divers", "general"))
WAITING, RUNNING, DONE, REFUSED = 1, 2, 3, 4


@dataclass(slots=True)
class Files:
    """What the integrator serves by address: status and bytes; how often each was asked for."""

    url: str = ""
    held: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def serve(self, name: str, content: bytes, status: int = 200) -> str:
        """Serve these bytes, or anew with another status; the address."""
        self.held[name] = (status, content)
        return f"{self.url}/files/{name}?sig=abc"

    async def answer(self, asked: Request) -> Response:
        """What a fetch gets."""
        name = asked.path_params["name"]
        self.asked[name] = self.asked.get(name, 0) + 1
        status, content = self.held.get(name, (404, b""))
        return Response(content, status_code=status, media_type="application/pdf")


@dataclass(frozen=True, slots=True)
class Folder:
    """A client file in the stand-in, the HTTP client of an integrator who may use it, and who administers it."""

    id: int
    code: str
    key: str
    api: httpx.AsyncClient
    hub: httpx.AsyncClient
    control: httpx.AsyncClient

    async def send(self, lines: Any, **options: Any) -> httpx.Response:
        """Post an import of these lines."""
        return await self.api.post("/importJson", json=request(self.code, lines, **options))

    async def ended(self, lines: Any, **options: Any) -> int:
        """Import these lines; the status it ends with."""
        answered = await self.send(lines, **options)
        return await self.end_of(answered.json()["accountingImportRequestId"])

    async def end_of(self, import_id: str) -> int:
        """The status that an import ends with."""
        reached = 0

        async def over() -> bool:
            nonlocal reached
            reached = await self.status(import_id)
            return reached in (DONE, REFUSED)

        await eventually(over)
        return reached

    async def status(self, import_id: str) -> int:
        """How far an import is."""
        answered = await self.api.get("/getImportStatus", params={"accountingImportRequestId": import_id})
        assert answered.status_code == 200, answered.text
        found: int = answered.json()["status"]
        return found

    async def find(self, terms: str, **more: Any) -> list[dict[str, Any]]:
        """Lines of the books."""
        query = {"codeDossier": self.code, "filter": terms} | more
        answered = await self.api.get("/EcritureComptable", params=query)
        assert answered.status_code == 200, answered.text
        found: list[dict[str, Any]] = answered.json()
        return found

    async def all(self) -> list[dict[str, Any]]:
        """Every line that nothing is lettered with, which here is every line."""
        return await self.find("codeLettrage == null")

    async def switch(self, **settings: Any) -> None:
        """Switch something in Loop Hub."""
        answered = await self.hub.patch(f"/folders/{self.code}", json=settings)
        assert answered.status_code == 204, answered.text

    async def pass_time(self, seconds: float) -> None:
        """Let so much time pass for the folder."""
        answered = await self.hub.post(f"/folders/{self.code}/clock", json={"ahead_seconds": seconds})
        assert answered.status_code == 204, answered.text

    async def imports(self) -> list[dict[str, Any]]:
        """What Loop Hub knows of the folder's imports."""
        found: list[dict[str, Any]] = (await self.hub.get(f"/folders/{self.code}")).json()["imports"]
        return found

    async def reasons(self) -> list[str]:
        """Why the last import was refused."""
        found: list[str] = (await self.imports())[-1]["reasons"]
        return found

    async def change(self, path: str, **switches: Any) -> None:
        """Change something in the software."""
        answered = await self.control.patch(f"/software-files/cegid_loop/{self.code}{path}", json=switches)
        assert answered.status_code == 204, answered.text

    async def fault(self, kind: str, **order: Any) -> None:
        """Order a fault for this folder alone."""
        whole = {"kind": kind, "connector": "cegid_loop", "software_file": self.code, **order}
        answered = await self.control.post("/faults", json=whole)
        assert answered.status_code == 200, answered.text


@dataclass(frozen=True, slots=True)
class Stand:
    """The running stand-in."""

    url: str
    database: Database
    control: httpx.AsyncClient
    hub: httpx.AsyncClient
    files: Files
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def folder(self, **seed: Any) -> Folder:
        """A new folder of a new firm with a small chart, and a key of the firm's."""
        number = next(self._numbers)
        whole = _seed(f"DOS{number:04d}", f"firm-{number}") | seed
        made = await self.control.post("/software-files", json=whole)
        assert made.status_code == 200, made.text
        key = f"KEY{number}:secret-{number}"
        await self.key(whole["firm"], key)
        return Folder(made.json()["software_file_id"], whole["code"], key, self.client(key), self.hub, self.control)

    async def key(self, firm: str, key: str, **more: Any) -> None:
        """Make a key of a firm's."""
        body = {"connector": "cegid_loop", "firm": firm, "token": key, "secret": SUBSCRIPTION, **more}
        made = await self.control.post("/tokens", json=body)
        assert made.status_code == 200, made.text

    def client(self, key: str, subscription: str = SUBSCRIPTION) -> httpx.AsyncClient:
        """A caller with this key; connections are not shared, so that a cut one disturbs nobody else."""
        return httpx.AsyncClient(
            base_url=f"{self.url}/cegid_loop{API}",
            headers={"x-apikey": key, "Ocp-Apim-Subscription-Key": subscription},
            timeout=30,
            verify=False,
        )


def _seed(code: str, firm: str) -> dict[str, Any]:
    return {
        "connector": "cegid_loop",
        "firm": firm,
        "code": code,
        "name": f"Atelier {code}",
        "siret": SIRET,
        "accounts": [{"number": number, "label": label} for number, label in CHART.items()],
        "subsidiaries": [{"code": code, "label": label, "account": account} for code, label, account in THIRDS],
        "journals": [{"code": code, "name": name, "type": kind} for code, name, kind in JOURNALS],
        "fiscal_years": [
            {"start": "2025-01-01", "end": "2025-12-31", "closed": True},
            {"start": "2026-01-01", "end": "2026-12-31"},
            {"start": "2027-01-01", "end": "2027-12-31"},
        ],
    }


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stand(world: World) -> AsyncIterator[Stand]:
    """The stand-in, served by uvicorn as in the sandbox's own process."""
    database = await Database.connect(world.database_url("sandbox"), connections=16)
    faults, files = FaultBox(), Files()
    software = Software(database, faults)
    steps = software.steps() | {"late": LateBookings(database, {cegid_loop.CONNECTOR: software.work_off}).step}
    app = Starlette(
        routes=[
            Mount("/cegid_loop", software.application()),
            Mount("/control", control_application(database, faults)),
            Route("/files/{name}", files.answer),
        ]
    )
    loops = [asyncio.create_task(Loop(name, step, idle_seconds=0.05).run()) for name, step in steps.items()]
    async with (
        served(app) as url,
        httpx.AsyncClient(base_url=f"{url}/control", timeout=60) as control,
        httpx.AsyncClient(base_url=f"{url}/cegid_loop/hub", timeout=60) as hub,
    ):
        files.url = url
        yield Stand(url, database, control, hub, files)
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def folder(stand: Stand) -> AsyncIterator[Folder]:
    """A folder of the test's own; faults end with the test."""
    made = await stand.folder()
    yield made
    await stand.control.delete("/faults")
    await made.api.aclose()
