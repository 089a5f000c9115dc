"""Scenarios of entries that leave: every kind, what a line can carry, documents, refusals."""

import tomllib
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from qontable.sheet import Sheet
from sandbox.software.registry import rules_of

from .desk import PDF, Desk
from .entries import ANALYTIC, FOREIGN, KINDS, credit, debit
from .scenario import Scenario, without

FAULTS: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("faults.toml").read_text(encoding="utf-8"))
UNWANTED = "application/x-msdownload"


def entry_of(kind: str) -> Scenario:
    """An entry of a kind is booked in its journal, its texts as they were but for declared cuts."""

    async def run(desk: Desk) -> None:
        delivery = desk.entry(kind)
        booked = await desk.is_booked_once(delivery)
        assert booked.journal == delivery.journal_code
        assert all(line.label.startswith("Papeterie") for line in booked.lines)

    return Scenario(f"entry: {kind.replace('_', ' ')}", run)


async def analytic(desk: Desk) -> None:
    """The analytic share of a line stands in the books."""
    booked = await desk.is_booked_once(desk.entry(lines=ANALYTIC))
    assert sorted(line.analytic for line in booked.lines) == [0, 1]


async def foreign(desk: Desk) -> None:
    """Euros balance, and the foreign amount stands beside them."""
    booked = await desk.is_booked_once(desk.entry(lines=FOREIGN))
    assert {(line.currency, abs(line.foreign or 0)) for line in booked.lines} == {("USD", 100)}


async def missing_account(desk: Desk) -> None:
    """A third party that the software does not have yet is there once the entry is, where the file allows it."""
    third = KINDS["purchase"][1][2].subsidiary
    assert third
    new = third.model_copy(update={"code": "401NOUVEAU", "label": "Nouveau"})
    delivery = desk.entry(lines=(debit("606400", "1.00"), credit("401000", "1.00", subsidiary=new)))
    allowed = delivery.policies.model_copy(update={"create_missing_accounts": True})
    await desk.is_booked_once(delivery.model_copy(update={"policies": allowed}))


def _must_exist(sheet: Sheet) -> str | None:
    return "accounts.missing_subsidiary: must exist" if sheet.accounts.missing_subsidiary == "must_exist" else None


async def one_document(desk: Desk) -> None:
    """It is attached."""
    await desk.is_booked_with(desk.entry(documents=(await desk.document(),)))


async def several_documents(desk: Desk) -> None:
    """All are attached, each once."""
    documents = tuple([await desk.document(name=f"facture-{number}.pdf") for number in range(3)])
    await desk.is_booked_with(desk.entry(documents=documents))


def _takes_one(sheet: Sheet) -> str | None:
    most = sheet.documents.max_count
    return f"at most {most} per entry ({sheet.documents.source})" if most is not None and most < 3 else None


async def unwanted_document(desk: Desk) -> None:
    """A type that the sheet does not list keeps the entry from leaving."""
    await desk.is_returned(desk.entry(documents=(await desk.document(PDF, "virus.exe", UNWANTED),)))
    assert await desk.books() == []


async def refused_document(desk: Desk) -> None:
    """An empty document: the entry comes back, or is booked and said to lack its document."""
    delivery = desk.entry(documents=(await desk.document(b""),))
    await desk.house.say(delivery)
    ended = await desk.settles(delivery)
    booked = await desk.books()
    if ended.state == "confirmed":
        assert (ended.documents, [entry.documents for entry in booked]) == ("missing", [()])
    else:
        assert (ended.state, booked) == ("rejected", [])
        assert ended.message
        assert all([ended.message.remedy["fr"], ended.message.remedy["en"]])


async def refused_entry(desk: Desk) -> None:
    """It comes back with the software's words, and its next revision is booked once the software allows it."""
    await desk.close("purchase", closed=True)
    refused = desk.entry()
    await desk.is_returned(refused)
    assert await desk.books() == []
    await desk.close("purchase", closed=False)
    await desk.is_booked_once(desk.entry(again=refused, lines=refused.entry.lines))


async def refused_among_others(desk: Desk) -> None:
    """One bad entry stops no other of its file, whatever is sent together."""
    await desk.close("sale", closed=True)
    deliveries = [desk.entry("purchase"), desk.entry("sale", sequence=2), desk.entry("bank", sequence=3)]
    await desk.house.say(*deliveries)
    states = [(await desk.settles(delivery)).state for delivery in deliveries]
    assert states == ["confirmed", "rejected", "confirmed"]
    assert sorted(entry.journal for entry in await desk.books()) == ["ACH", "BQ"]


def _closes_all(sheet: Sheet) -> str | None:
    narrow = rules_of(sheet.connector).closes & {"account", "journal"}
    return None if narrow else "nothing that can be closed in it concerns one entry of a file and not its neighbours"


def fault(name: str, words: dict[str, Any]) -> Scenario:
    """Whatever the software does, the entry is in the books once in the end."""
    order = {key: value for key, value in words.items() if key not in ("strikes", "after")}

    async def run(desk: Desk) -> None:
        delivery = desk.entry()
        async with AsyncExitStack() as stack:
            if "after" in words:
                await stack.enter_async_context(desk.struck("book", words["after"]))
            await stack.enter_async_context(desk.struck(words["strikes"], **order))
            await desk.house.say(delivery)
            await desk.ends_booked_once(delivery)

    return Scenario(name, run)


SCENARIOS = (
    *(entry_of(kind) for kind in KINDS),
    Scenario("analytic lines", analytic, without("analytic_lines")),
    Scenario("foreign-currency lines", foreign, without("foreign_amounts")),
    Scenario("missing subsidiary account", missing_account, _must_exist),
    Scenario("one document", one_document, without("documents_with_entry")),
    Scenario("several documents", several_documents, _takes_one),
    Scenario("document of a type not taken", unwanted_document),
    Scenario("refused document", refused_document),
    Scenario("refused entry", refused_entry),
    Scenario("refused entry among others", refused_among_others, _closes_all),
    *(fault(name, words) for name, words in FAULTS.items()),
)
