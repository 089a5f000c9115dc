"""Several softwares beside one another: each under its own name, by its own rules."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from qontable.events.platform import EntryContent
from qontable.wire import read_entry
from sandbox.adapters.seeding import seed_software_file
from sandbox.domain.books import BookedDocument, BookedEntry, BookedLine
from sandbox.domain.comparison import Expected, compare
from sandbox.domain.marks import parted
from sandbox.domain.rules import Rules
from sandbox.domain.seed import AccountSeed, SoftwareFileSeed, SubsidiarySeed
from sandbox.entrypoints.demo import app
from sandbox.software.registry import UnknownSoftware, rules_of, softwares

from .conftest import SoftwareFile, Stand
from .judged import Books, content_of

PLAIN = Rules("plain", label=None, piece=0, account=20, documents=1, marked=True, unkept=frozenset({"due date"}))
TWO_FIELDS = Rules("two", label=None, piece=25, account=17, one_field=False)


def test_every_software_is_known_by_its_folder() -> None:
    assert "myunisoft" in softwares()
    with pytest.raises(UnknownSoftware, match=r"no software abacus; there are .*myunisoft"):
        rules_of("abacus")


async def test_orders_for_a_software_that_there_is_not_are_refused(stand: Stand) -> None:
    seed = {"connector": "abacus", "firm": "f", "code": "c", "name": "n"}
    key = {"connector": "abacus", "firm": "f", "token": "t", "secret": "s"}
    for path, body in (
        ("/software-files", seed),
        ("/tokens", key),
        ("/faults", {"kind": "drop", "connector": "abacus"}),
    ):
        response = await stand.control.post(path, json=body)
        assert (response.status_code, "there are" in response.json()["detail"]) == (404, True)
    assert CliRunner().invoke(app, ["--connector", "abacus"]).exit_code == 2


async def test_the_same_code_in_two_softwares_is_two_files(stand: Stand, file: SoftwareFile) -> None:
    other = SoftwareFileSeed(
        connector="two",
        firm="f",
        code=file.code,
        name="n",
        accounts=(AccountSeed(number="401000", label="Fournisseurs"),),
        subsidiaries=(
            SubsidiarySeed(code="DURAND", label="Durand", account="401000"),
            SubsidiarySeed(code="A" * 18, label="long", account="401000"),
        ),
    )
    async with stand.database.transaction() as connection:
        seeded = await seed_software_file(connection, other, TWO_FIELDS)
    assert seeded.software_file_id != file.id
    assert seeded.unnameable == ("A" * 18,)
    rows = await stand.database.pool.fetch(
        "select number, collective from software_accounts where software_file_id = $1 order by number",
        seeded.software_file_id,
    )
    assert [tuple(row) for row in rows] == [("401000", None), ("DURAND", "401000")]


async def test_an_entry_known_by_its_mark_is_found_and_doubles_are_seen(stand: Stand, file: SoftwareFile) -> None:
    books = Books(stand, file)
    await file.change("", unique_references=False)
    for number in (1, 2, 3):
        content = await books.publish(number)
        await stand.database.pool.execute(
            "update published set mark = $1 where file_id = $2 and entry_id = $3",
            f"AAA{number}",
            content["file_id"],
            content["entry_id"],
        )
        await books.publish(number, revision=2)
    for mark in ("AAA1", "AAA2", "AAA2", "AAA9"):
        assert (await file.book(entry_origin_partner_id=mark)).status_code == 200
    verdict = await books.verdict()
    assert (verdict["doubled"], verdict["lost"], len(verdict["unexpected"])) == (["ACH/2"], ["ACH/3"], 1)


def test_a_label_is_parted_from_its_mark() -> None:
    assert parted("Papeterie (#7K2M#)") == ("Papeterie", "7K2M")
    assert parted("Papeterie (#7K2M#) n") == ("Papeterie (#7K2M#) n", None)
    assert parted("(#7K2M#)") == ("", "7K2M")


def test_what_a_software_does_not_keep_is_not_judged_and_what_it_keeps_is(file: SoftwareFile) -> None:
    entry = read_entry(EntryContent.model_validate(content_of(file, 1, 1)))
    lines = tuple(
        BookedLine(
            id=1,
            account_id=1,
            account="401DURAND" if line.subsidiary else line.account,
            account_label="",
            collective=None,
            label=f"{line.label} (#7K2M#)",
            debit=line.debit,
            credit=line.credit,
            due_date=entry.date,
            piece=None,
            invoice_number=None,
            currency="EUR",
            foreign_amount=None,
            analytic=(),
        )
        for line in entry.lines
    )
    booked = BookedEntry(
        id=1,
        software_file_id=1,
        pending=False,
        reference="7K2M",
        journal_id=1,
        journal_code="ACH",
        journal_name="",
        journal_type="purchases",
        date=date(2026, 3, 12),
        metadata=None,
        comment=None,
        label=None,
        booked_at=datetime(2026, 3, 12, tzinfo=ZoneInfo("UTC")),
        lines=lines,
        documents=(BookedDocument(1, None, "a.pdf", "application/pdf", "aa"),),
    )
    expected = Expected(entry, ("aa", "bb"), "ACH")
    faithful = compare(expected, booked, PLAIN)
    assert faithful.differences == []
    assert [(cut.where, cut.published) for cut in faithful.cuts] == [("documents", "bb")]
    assert [item.what for item in compare(Expected(entry, ("bb",), "ACH"), booked, PLAIN).differences] == [
        "document"
    ] * 2
    kept = {item.what for item in compare(expected, booked, replace(PLAIN, unkept=frozenset())).differences}
    assert kept == {"due date"}
    wrong = replace(booked, lines=(replace(lines[0], label="x (#7K2M#)", debit=Decimal(1)), *lines[1:]))
    assert {item.what for item in compare(expected, wrong, PLAIN).differences} == {"label", "amount"}
    general = {item.where for item in compare(expected, booked, replace(PLAIN, one_field=False)).differences}
    assert general == {"lines.2.general"}
