"""A stand-in software on a real socket and a real database, and a client of it that knows only the vendor's facts."""

import base64
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest_asyncio

from local_stack.world import World
from qontable.database import Database

from ..served import standing

SECRET = "partner-secret-L8vl"
PDF = b"%PDF-1.4 a document"
CHART = {
    "101000": "Capital",
    "401000": "Fournisseurs",
    "411000": "Clients",
    "445660": "TVA déductible",
    "512000": "Banque",
    "530000": "Caisse",
    "606400": "Fournitures administratives",
    "706000": "Prestations",
}
JOURNALS = (
    ("ACH", "Achats", "purchases"),
    ("VTE", "Ventes", "sales"),
    ("BQ", "Banque", "bank"),
    ("CA", "Caisse", "cash"),
    ("OD", "Opérations diverses", "general"),
)


@dataclass(frozen=True, slots=True)
class SoftwareFile:
    """A client file in the stand-in, and the HTTP client of a caller who may use it."""

    id: int
    code: str
    token: str
    api: httpx.AsyncClient
    control: httpx.AsyncClient
    accounts: dict[str, int] = field(default_factory=dict)
    journals: dict[str, int] = field(default_factory=dict)

    def line(self, account: str, debit: float = 0, credit: float = 0, **more: Any) -> dict[str, Any]:
        """A line that the vendor takes."""
        return {
            "account_id": self.accounts[account],
            "label": "Papeterie Durand",
            "debit": debit,
            "credit": credit,
            "deadline": "2026-04-11",
            **more,
        }

    def entry(self, **more: Any) -> dict[str, Any]:
        """A purchase that the vendor takes."""
        return {
            "date_piece": "2026-03-12",
            "etablissement_id": self.id,
            "diary_id": self.journals["ACH"],
            "entry_list": [
                self.line("606400", debit=100.00),
                self.line("445660", debit=20.00),
                self.line("401DURAND", credit=120.00, piece2="FD20260147"),
            ],
            **more,
        }

    async def book(self, **more: Any) -> httpx.Response:
        """Post a purchase."""
        return await self.api.post("/entry?type=e", json=self.entry(**more))

    async def change(self, path: str, **switches: Any) -> None:
        """Change something in the software."""
        response = await self.control.patch(f"/software-files/myunisoft/{self.code}{path}", json=switches)
        assert response.status_code == 204, response.text

    async def fault(self, kind: str, **order: Any) -> None:
        """Order a fault for this file alone."""
        response = await self.control.post("/faults", json={"kind": kind, "software_file": self.code, **order})
        assert response.status_code == 200, response.text


@dataclass(frozen=True, slots=True)
class Stand:
    """The running stand-in."""

    url: str
    database: Database
    control: httpx.AsyncClient
    api: httpx.AsyncClient
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def file(self, **seed: Any) -> SoftwareFile:
        """A new client file of a new firm with a small chart, and a firm key that nothing throttles."""
        number = next(self._numbers)
        whole = _seed(f"DOS{number}", f"firm-{number}") | seed
        response = await self.control.post("/software-files", json=whole)
        assert response.status_code == 200, response.text
        token = f"token-{number}"
        await self.key(whole["firm"], token, activated=True, requests=1_000_000, concurrent=1_000)
        software_file_id = response.json()["software_file_id"]
        file = SoftwareFile(software_file_id, whole["code"], token, self.client(token), self.control)
        file.api.headers["society-id"] = str(file.id)
        accounts = (await file.api.get("/account?mode=2")).json()["account_array"]
        file.accounts.update({row["account_number"]: row["account_id"] for row in accounts})
        file.journals.update({row["code"]: row["diary_id"] for row in (await file.api.get("/diary")).json()})
        return file

    async def key(self, firm: str, token: str, **more: Any) -> None:
        """Make a key of a firm's."""
        body = {"connector": "myunisoft", "firm": firm, "token": token, "secret": SECRET, **more}
        response = await self.control.post("/tokens", json=body)
        assert response.status_code == 200, response.text

    def client(self, token: str, secret: str = SECRET) -> httpx.AsyncClient:
        """A caller with this key; connections are not shared, so that a cut one disturbs nobody else."""
        return httpx.AsyncClient(
            base_url=f"{self.url}/myunisoft/api/v1",
            headers={"Authorization": f"Bearer {token}", "X-Third-Party-Secret": secret},
            timeout=30,
            verify=False,
        )


def _seed(code: str, firm: str) -> dict[str, Any]:
    return {
        "connector": "myunisoft",
        "firm": firm,
        "code": code,
        "name": f"Atelier {code}",
        "siret": "73282932000074",
        "accounts": [{"number": number, "label": label} for number, label in CHART.items()],
        "subsidiaries": [{"code": "401DURAND", "label": "Papeterie Durand", "account": "401000"}],
        "journals": [{"code": code, "name": name, "type": kind} for code, name, kind in JOURNALS],
        "fiscal_years": [{"start": "2026-01-01", "end": "2026-12-31"}],
        "axes": [
            {
                "code": "PROJET",
                "label": "Projets",
                "sections": [{"code": "NORD", "label": "Nord"}, {"code": "SUD", "label": "Sud"}],
            }
        ],
    }


def attachment(content: bytes = PDF, name: str = "FD-2026-0147.pdf", kind: str = "application/pdf") -> dict[str, str]:
    """A document as it travels inside an entry."""
    return {"name": name, "type": kind, "content": base64.b64encode(content).decode()}


def code_of(response: httpx.Response) -> str:
    """The vendor's error code in an answer."""
    found: str = response.json()["error"]["code"]
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stand(world: World) -> AsyncIterator[Stand]:
    """The stand-in, running."""
    async with standing(world) as made, httpx.AsyncClient(base_url=f"{made.url}/myunisoft") as api:
        yield Stand(made.url, made.database, made.control, api)


@pytest_asyncio.fixture(loop_scope="session")
async def file(stand: Stand) -> AsyncIterator[SoftwareFile]:
    """A client file of the test's own; faults end with the test."""
    made = await stand.file()
    yield made
    await stand.control.delete("/faults")
    await made.api.aclose()
