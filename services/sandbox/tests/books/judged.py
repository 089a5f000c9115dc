"""A software file under judgement: what was published for it, and a client that books it faithfully, or not."""

import hashlib
from typing import Any

from qontable.entry import EntryRef
from qontable.reference import entry_reference
from sandbox.adapters.published import record
from sandbox.domain.published import PublishedEntry

from .conftest import PDF, SoftwareFile, Stand, attachment


class Books:
    """One software file and what was published for it: publishes, books as a faithful client would, asks the judge."""

    def __init__(self, stand: Stand, file: SoftwareFile) -> None:
        self.stand = stand
        self.file = file

    async def publish(
        self, number: int, revision: int = 1, document: bytes | None = PDF, **content: Any
    ) -> dict[str, Any]:
        """Publish `ACH/number` for this file, with one document unless there is none."""
        whole = content_of(self.file, number, revision) | content
        hashes = () if document is None else (hashlib.sha256(document).hexdigest(),)
        row = PublishedEntry(
            whole["firm_id"],
            whole["file_id"],
            whole["entry_id"],
            revision,
            "myunisoft",
            str(self.file.id),
            f"ACH/{number}",
            whole,
            hashes,
        )
        async with self.stand.database.transaction() as connection:
            await record(connection, [row])
        return whole

    async def book(self, content: dict[str, Any], document: bytes | None = PDF, **changes: Any) -> None:
        """Book what was published, in the vendor's form; `changes` replace fields of the first line."""
        body = self.file.entry(
            date_piece=content["date"],
            entry_origin_partner_id=reference_of(content),
            diary_id=self.file.journals[content["journal"]["code"]],
            pj_list=[] if document is None else [attachment(document)],
            entry_list=[self._line(content, line) for line in content["lines"]],
        )
        body["entry_list"][0] |= changes
        response = await self.file.api.post("/entry?type=e", json=body)
        assert response.status_code == 200, response.text

    def _line(self, content: dict[str, Any], line: dict[str, Any]) -> dict[str, Any]:
        third = line.get("subsidiary")
        foreign = line.get("foreign")
        more = {} if foreign is None else {"currency": foreign["currency"], "value_currency": float(foreign["debit"])}
        return {
            "account_id": self.file.accounts[third["code"] if third else line["account"]],
            "label": line["label"][:50],
            "debit": float(line["debit"]),
            "credit": float(line["credit"]),
            "deadline": content["due_date"],
            "piece": content["document_number"].replace("-", ""),
            "piece2": content["invoice_number"].replace("-", ""),
            **more,
        }

    async def verdict(self, **query: Any) -> dict[str, Any]:
        """What the control API answers."""
        wanted = {"connector": "myunisoft", "software_file": self.file.code} | query
        response = await self.stand.control.get("/ledger", params=wanted)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found


def content_of(file: SoftwareFile, number: int, revision: int) -> dict[str, Any]:
    third = {"code": "401DURAND", "label": "Papeterie Durand", "kind": "supplier"}
    durand = {"account": "401000", "label": "Papeterie Durand", "subsidiary": third}
    return {
        "firm_id": "frm_1",
        "file_id": f"fil_{file.id}",
        "entry_id": f"ent_{number}",
        "revision": revision,
        "kind": "purchase",
        "journal": {"code": "ACH", "label": "Achats"},
        "date": "2026-03-12",
        "due_date": "2026-04-11",
        "label": "Papeterie Durand",
        "document_number": f"2026-03-{number:04d}",
        "invoice_number": f"FD-2026-{number:04d}",
        "currency": "EUR",
        "lines": [
            {"account": "606400", "label": "Papeterie Durand", "debit": "100.10", "credit": "0.00"},
            {"account": "445660", "label": "TVA 20 %", "debit": "20.02", "credit": "0.00"},
            {**durand, "debit": "0.00", "credit": "120.12"},
        ],
    }


def reference_of(content: dict[str, Any]) -> str:
    return entry_reference(EntryRef(content["firm_id"], content["file_id"], content["entry_id"]))
