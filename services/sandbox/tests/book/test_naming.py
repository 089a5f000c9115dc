"""Subsidiary accounts of a book from elsewhere, as the software names them."""

from dataclasses import replace

from qontable.events.platform import EntryContent, WireJournal, WireLine, WireSubsidiary
from qontable.fec.chart import FecSubsidiary
from sandbox.domain.naming import collisions, in_words_of
from sandbox.domain.rules import Rules

ONE_FIELD = Rules("one", label=50, piece=25, account=20)
TWO_FIELDS = Rules("two", label=50, piece=25, account=20, one_field=False)


def entry(*thirds: tuple[str, str]) -> EntryContent:
    lines = tuple(
        WireLine(
            account=account,
            label="x",
            debit="0.00",
            credit="0.00",
            subsidiary=WireSubsidiary(code=code, label=code, kind="supplier") if code else None,
        )
        for account, code in thirds
    )
    return EntryContent(
        firm_id="frm_1",
        file_id="fil_1",
        entry_id="ent_1",
        revision=1,
        kind="purchase",
        journal=WireJournal(code="ACH"),
        date="2026-01-01",
        label="x",
        lines=lines,
    )


def codes(content: EntryContent) -> list[str | None]:
    return [line.subsidiary.code if line.subsidiary else None for line in content.lines]


def test_one_field_gets_the_root_of_the_general_account_before_a_code_without_it() -> None:
    said = entry(("401000", "DURAND"), ("401000", "401DUPONT"), ("411000", "DURAND"), ("606100", ""))
    assert codes(in_words_of(ONE_FIELD, said)) == ["401DURAND", "401DUPONT", "411DURAND", None]


def test_other_software_gets_the_codes_as_they_are() -> None:
    said = entry(("401000", "DURAND"))
    assert in_words_of(TWO_FIELDS, said) == said
    assert in_words_of(None, said) == said


def test_codes_that_would_become_one_account_are_told() -> None:
    thirds = {
        "DURAND": FecSubsidiary("Durand", ("401000", "411000")),
        "401DURAND": FecSubsidiary("Durand frères", ("401000",)),
        "DUPONT": FecSubsidiary("Dupont", ("401000",)),
    }
    assert collisions(ONE_FIELD, thirds) == [("DURAND", "401DURAND", "401DURAND")]
    assert collisions(TWO_FIELDS, thirds) == []


def test_codes_that_are_cut_to_the_same_are_told() -> None:
    cutting = replace(TWO_FIELDS, account=8, cut_codes=True)
    thirds = {code: FecSubsidiary(code, ("401000", "411000")) for code in ("FOURNISSEUR-1", "FOURNISSEUR-2", "FDURAND")}
    assert collisions(cutting, thirds) == [("FOURNISSEUR-1", "FOURNISSEUR-2", "FOURNISS")]
