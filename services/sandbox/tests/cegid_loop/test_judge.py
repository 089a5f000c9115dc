"""The judge on Loop's books: an entry known again by its uuid, what is lost, doubled or altered, what is only cut."""

import hashlib
from typing import Any

import pytest

from qontable.entry import EntryRef
from qontable.reference import entry_reference, reference_uuid
from sandbox.adapters.published import record
from sandbox.domain.published import PublishedEntry

from ..served import eventually
from .bodies import money
from .conftest import DONE, Folder, Stand

PDF = b"%PDF-1.4 a document"
LONG = "Papeterie Durand, fournitures de bureau et mobilier pour l'atelier de Nantes"


class Books:
    """A folder and what was published for it: publishes, sends as a faithful integrator would, asks the judge."""

    def __init__(self, stand: Stand, folder: Folder) -> None:
        self.stand = stand
        self.folder = folder

    async def publish(self, number: int, document: bytes | None = PDF, **changes: Any) -> dict[str, Any]:
        """Publish `AC/number`, with one document unless there is none."""
        whole = _content(self.folder, number) | changes
        row = PublishedEntry(
            whole["firm_id"],
            whole["file_id"],
            whole["entry_id"],
            whole["revision"],
            "cegid_loop",
            str(self.folder.id),
            f"AC/{number}",
            whole,
            () if document is None else (hashlib.sha256(document).hexdigest(),),
            as_uuid=True,
        )
        async with self.stand.database.transaction() as connection:
            await record(connection, [row])
        return whole

    async def send(self, content: dict[str, Any], document: bytes | None = PDF, **changes: Any) -> int:
        """Import what was published; `changes` replace fields of the first line."""
        lines = self.lines(content, document)
        lines[0] |= changes
        return await self.folder.ended(lines, createNewTiers=True)

    def lines(self, content: dict[str, Any], document: bytes | None = PDF) -> list[dict[str, Any]]:
        """What was published, in the vendor's form."""
        lines = [_line(content, line) for line in content["lines"]]
        if document is not None:
            name = f"{self.folder.code}-{content['entry_id']}.pdf"
            lines[0]["fichier"] = {"uri": self.stand.files.serve(name, document)}
        return lines

    async def verdict(self, documents: int | None = None) -> dict[str, Any]:
        """What the judge says, once so many documents were fetched."""
        query = {"connector": "cegid_loop", "software_file": self.folder.code}

        async def fetched() -> bool:
            said = (await self.stand.control.get("/ledger", params=query)).json()
            return documents is None or said["documents"] == documents

        await eventually(fetched)
        found: dict[str, Any] = (await self.stand.control.get("/ledger", params=query)).json()
        return found


def _content(folder: Folder, number: int) -> dict[str, Any]:
    third = {"code": "FDURAND", "label": "Papeterie Durand", "kind": "supplier"}
    durand = {"account": "401000", "label": "Papeterie Durand", "subsidiary": third}
    return {
        "firm_id": "frm_1",
        "file_id": f"fil_{folder.id}",
        "entry_id": f"ent_{number}",
        "revision": 1,
        "kind": "purchase",
        "journal": {"code": "AC", "label": "Achats"},
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


def _line(content: dict[str, Any], line: dict[str, Any]) -> dict[str, Any]:
    third = line.get("subsidiary")
    uuid = reference_uuid(entry_reference(EntryRef(content["firm_id"], content["file_id"], content["entry_id"])))
    foreign = line.get("foreign")
    due = {"tiers": third["code"], "dateEcheance": f"{content['due_date']}T00:00:00.000Z"} if third else {}
    paid = {"currency": foreign["currency"], "currencyAmount": float(foreign["debit"])} if foreign else {}
    return {
        "date": f"{content['date']}T00:00:00.000Z",
        "journal": content["journal"]["code"],
        "compte": line["account"],
        "libelle": line["label"][:35],
        "refPiece": content["invoice_number"],
        "ecritureOrigine": str(uuid),
        "debit": money(float(line["debit"]), **(paid if float(line["debit"]) else {})),
        "credit": money(float(line["credit"])),
        **due,
    }


@pytest.fixture
def books(stand: Stand, folder: Folder) -> Books:
    return Books(stand, folder)


async def test_books_that_hold_what_was_published_are_clean(books: Books) -> None:
    for number in (1, 2):
        assert await books.send(await books.publish(number)) == DONE
    verdict = await books.verdict(documents=2)
    assert verdict["clean"] is True, verdict
    assert (verdict["entries"], verdict["lines"]) == (2, 6)
    assert verdict["accounts"] == verdict["published"]["accounts"]
    assert verdict["accounts"]["FDURAND"] == {"debit": "0.00", "credit": "240.24"}


async def test_one_import_of_many_entries_is_judged_entry_by_entry(books: Books) -> None:
    batch = []
    for number in range(1, 31):
        batch += books.lines(await books.publish(number, document=None), document=None)
    assert await books.folder.ended(batch) == DONE
    verdict = await books.verdict()
    assert (verdict["clean"], verdict["entries"]) == (True, 30)


async def test_an_extra_a_dropped_an_altered_entry_and_a_lost_document_are_each_named(books: Books) -> None:
    for number, fault in enumerate((None, "book_extra", "drop", "alter_a_cent", "lose_documents"), 1):
        if fault is not None:
            await books.folder.fault(fault, route="POST /importJson", count=1)
        document = None if fault == "book_extra" else PDF
        await books.send(await books.publish(number, document=document), document=document)
    verdict = await books.verdict(documents=2)
    assert verdict["doubled"] == ["AC/2"]
    assert verdict["lost"] == ["AC/3"]
    assert verdict["altered"] == ["AC/4", "AC/5"]
    assert [item["what"] for item in verdict["differences"]["AC/5"]] == ["document"]


async def test_what_is_sent_twice_is_doubled(books: Books) -> None:
    content = await books.publish(1, document=None)
    for _ in range(2):
        await books.send(content, document=None)
    assert (await books.verdict())["doubled"] == ["AC/1"]


async def test_what_nobody_published_is_unexpected(books: Books) -> None:
    await books.send(_content(books.folder, 99), document=None)
    await books.publish(1)
    verdict = await books.verdict()
    assert (len(verdict["unexpected"]), verdict["lost"]) == (1, ["AC/1"])


ALTERATIONS: dict[str, tuple[int, dict[str, Any]]] = {
    "label": (0, {"libelle": "Papeterie Dupont"}),
    "account": (0, {"compte": "706000"}),
    "due date": (2, {"dateEcheance": "2026-04-12T00:00:00.000Z"}),
    "piece": (0, {"reference": "OTHER"}),
    "currency": (0, {"debit": money(100.10, currency="USD", currencyAmount=110.25)}),
}


@pytest.mark.parametrize("what", ALTERATIONS)
async def test_an_alteration_is_named(books: Books, what: str) -> None:
    index, change = ALTERATIONS[what]
    content = await books.publish(1, document=None)
    lines = books.lines(content, document=None)
    lines[index] |= change
    assert await books.folder.ended(lines) == DONE
    verdict = await books.verdict()
    assert verdict["altered"] == ["AC/1"]
    assert what in {item["what"] for item in verdict["differences"]["AC/1"]}


async def test_the_general_account_of_a_third_partys_line_is_judged(books: Books) -> None:
    lines = books.lines(await books.publish(1, document=None), document=None)
    lines[2]["compte"] = "411000"
    assert await books.folder.ended(lines) == DONE
    found = (await books.verdict())["differences"]["AC/1"]
    assert [(item["where"], item["published"], item["booked"]) for item in found] == [
        ("lines.2.general", "401000", "411000")
    ]


async def test_declared_cuts_are_listed_and_alter_nothing(books: Books) -> None:
    lines = [line | {"label": LONG} for line in _content(books.folder, 1)["lines"]]
    lines[2] = lines[2] | {"subsidiary": lines[2]["subsidiary"] | {"code": "FOURNISSEUR-DURAND-NANTES"}}
    await books.send(await books.publish(1, document=None, lines=lines), document=None)
    verdict = await books.verdict()
    assert verdict["clean"] is True, verdict
    cuts = {(cut["where"], cut["booked"]) for cut in verdict["cuts"]}
    assert ("lines.0.label", LONG[:35]) in cuts
    assert ("lines.2.account", "FOURNISSEUR-DURAN") in cuts
    assert verdict["accounts"] == verdict["published"]["accounts"]


async def test_foreign_amounts(books: Books) -> None:
    lines = _content(books.folder, 1)["lines"]
    lines[0]["foreign"] = {"currency": "USD", "debit": "110.25", "credit": "0.00", "rate": "1.1014"}
    await books.send(await books.publish(1, document=None, lines=lines), document=None)
    assert (await books.verdict())["clean"] is True


async def test_the_other_number_and_no_number(books: Books) -> None:
    content = await books.publish(1, document=None)
    lines = [line | {"refPiece": content["document_number"]} for line in books.lines(content, document=None)]
    await books.folder.ended(lines)
    content = await books.publish(2, document=None)
    lines = [{key: line[key] for key in line if key != "refPiece"} for line in books.lines(content, document=None)]
    await books.folder.ended(lines)
    verdict = await books.verdict()
    assert verdict["altered"] == ["AC/2"]
    assert {item["what"] for item in verdict["differences"]["AC/2"]} == {"piece"}
