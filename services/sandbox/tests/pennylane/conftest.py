"""The stand-in on a real socket and a real database, and a caller of it that knows only the vendor's facts."""

import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest_asyncio

from local_stack.world import World
from qontable.database import Database

from ..served import standing

BASE = "/pennylane/api/external/firm/v1"
PDF = b"%PDF-1.4 a document\r\n--not a boundary\r\n\x00\xff"
CHART = {
    "401000": "Fournisseurs",
    "445660": "TVA déductible",
    "512000": "Banque",
    "606400": "Fournitures administratives",
}
JOURNALS = (("ACH", "Achats", "purchases"), ("BQ", "Banque", "bank"), ("AN", "À-nouveaux", "opening"))


@dataclass(frozen=True, slots=True)
class Company:
    """A company in the stand-in, and the HTTP client of a caller who may use it."""

    id: int
    code: str
    firm: str
    token: str
    api: httpx.AsyncClient
    control: httpx.AsyncClient
    accounts: dict[str, int] = field(default_factory=dict)
    journals: dict[str, int] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/companies/{self.id}"

    def line(self, account: str, debit: str = "0.00", credit: str = "0.00", **more: Any) -> dict[str, Any]:
        """A line that the vendor takes."""
        return {
            "ledger_account_id": self.accounts[account],
            "debit": debit,
            "credit": credit,
            "label": "Papeterie Durand",
            **more,
        }

    def entry(self, **more: Any) -> dict[str, Any]:
        """A purchase that the vendor takes."""
        return {
            "date": "2026-03-12",
            "label": "Papeterie Durand FD-2026-0147 (#7K2M#)",
            "journal_id": self.journals["ACH"],
            "ledger_entry_lines": [
                self.line("606400", debit="100.00"),
                self.line("445660", debit="20.00", label="TVA déductible 20 %"),
                self.line("401DURAND", credit="120.00"),
            ],
            **more,
        }

    async def book(self, **more: Any) -> httpx.Response:
        """Post a purchase."""
        return await self.api.post(f"{self.path}/ledger_entries", json=self.entry(**more))

    async def upload(self, content: bytes = PDF, name: str = "FD-2026-0147.pdf", **more: Any) -> httpx.Response:
        """Upload a document."""
        files = {"file": (name, content, more.pop("media_type", "application/pdf"))}
        return await self.api.post(f"{self.path}/file_attachments", files=files, data=more)

    async def list(self, what: str, filters: Any = None, **query: Any) -> list[dict[str, Any]]:
        """Every row of a list, page after page, the filter sent again with each."""
        return [row async for row in self._rows(what, filters, query)]

    async def _rows(self, what: str, filters: Any, query: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        wanted = query if filters is None else query | {"filter": json.dumps(filters)}
        cursor: str | None = ""
        while cursor is not None:
            response = await self.api.get(f"{self.path}/{what}", params=wanted | ({"cursor": cursor} if cursor else {}))
            assert response.status_code == 200, response.text
            page = response.json()
            assert page["has_more"] is (page["next_cursor"] is not None)
            for row in page["items"]:
                yield row
            cursor = page["next_cursor"]

    async def change(self, path: str, **switches: Any) -> None:
        """Change something in the software."""
        response = await self.control.patch(f"/software-files/pennylane/{self.code}{path}", json=switches)
        assert response.status_code == 204, response.text

    async def change_token(self, **switches: Any) -> None:
        """Change what the token may do."""
        body = {"connector": "pennylane", "token": self.token, **switches}
        assert (await self.control.patch("/tokens", json=body)).status_code == 204

    async def fault(self, kind: str, route: str = "POST /ledger_entries", **order: Any) -> None:
        """Order a fault for this company alone, to strike once."""
        body = {"connector": "pennylane", "kind": kind, "route": route, "software_file": self.code, "count": 1, **order}
        response = await self.control.post("/faults", json=body)
        assert response.status_code == 200, response.text


@dataclass(frozen=True, slots=True)
class Stand:
    """The running stand-in."""

    url: str
    database: Database
    control: httpx.AsyncClient
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def company(self, **seed: Any) -> Company:
        """A new company of a new firm with a small chart, and a firm token that nothing throttles."""
        number = next(self._numbers)
        whole = _seed(f"PL{number}", f"pl-firm-{number}") | seed
        response = await self.control.post("/software-files", json=whole)
        assert response.status_code == 200, response.text
        token = f"pl-token-{number}"
        await self.key(whole["firm"], token, requests=1_000_000)
        company_id = response.json()["software_file_id"]
        made = Company(company_id, whole["code"], whole["firm"], token, self.client(token), self.control)
        made.accounts.update({row["number"]: row["id"] for row in await made.list("ledger_accounts", limit=100)})
        made.journals.update({row["code"]: row["id"] for row in await made.list("journals")})
        return made

    async def key(self, firm: str, token: str, **more: Any) -> None:
        """Make a token of a firm's."""
        response = await self.control.post(
            "/tokens", json={"connector": "pennylane", "firm": firm, "token": token, **more}
        )
        assert response.status_code == 200, response.text

    def client(self, token: str) -> httpx.AsyncClient:
        """A caller with this token; connections are not shared, so that a cut one disturbs nobody else."""
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(base_url=f"{self.url}{BASE}", headers=headers, timeout=30, verify=False)


def _seed(code: str, firm: str) -> dict[str, Any]:
    return {
        "connector": "pennylane",
        "firm": firm,
        "code": code,
        "name": f"Atelier {code}",
        "siret": "73282932000074",
        "accounts": [{"number": number, "label": label} for number, label in CHART.items()],
        "subsidiaries": [{"code": "DURAND", "label": "Papeterie Durand", "account": "401000"}],
        "journals": [{"code": code, "name": name, "type": kind} for code, name, kind in JOURNALS],
        "fiscal_years": [
            {"start": "2026-01-01", "end": "2026-12-31"},
            {"start": "2025-01-01", "end": "2025-12-31", "closed": True},
        ],
    }


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stand(world: World) -> AsyncIterator[Stand]:
    """The stand-in, running."""
    async with standing(world) as made:
        yield Stand(made.url, made.database, made.control)


@pytest_asyncio.fixture(loop_scope="session")
async def company(stand: Stand) -> AsyncIterator[Company]:
    """A company of the test's own; faults and manners end with the test."""
    made = await stand.company()
    yield made
    await stand.control.delete("/faults")
    await stand.control.put("/manners/pennylane", json={"manner": "contract"})
    await made.api.aclose()
