"""What a correction changes, and what it leaves as it was."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.domain.client_file import ClientFile
from hub.domain.correction import Checked, Corrected, changed, correct, editable, field_of, judge
from qontable.events.hub import FilePolicies
from qontable.events.platform import EntryContent
from qontable.preflight import KnownYear, ReferenceState
from qontable.sheet import Sheet, load_sheet

SHEET = load_sheet(Path(__file__).parent.parent / "ledgerly.toml")
FILE = ClientFile.model_construct(journal_map={}, policies=FilePolicies())


def content(**changes: Any) -> EntryContent:
    """A purchase of two lines, the second a supplier's."""
    third = {"code": "401DUR", "label": "Durand", "kind": "supplier", "siren": "732829320", "vat_number": "FR4473"}
    lines = [
        {
            "account": "606400",
            "account_label": "Fournitures",
            "label": "Papier\nA4",
            "debit": "100.00",
            "credit": "0.00",
        },
        {"account": "401000", "label": "Durand", "debit": "0.00", "credit": "100.00", "subsidiary": third},
    ]
    said = {
        "firm_id": "frm_1", "file_id": "fil_1", "entry_id": "ent_1", "revision": 1, "kind": "purchase",
        "journal": {"code": "ACH", "label": "Achats"}, "date": "2026-03-12", "label": "Papier", "lines": lines,
    }  # fmt: skip
    return EntryContent.model_validate(said | changes)


def check(
    said: EntryContent,
    typed: Mapping[str, str],
    file: ClientFile,
    sheet: Sheet | None,
    state: ReferenceState | None = None,
) -> Checked:
    """Corrected and judged."""
    made = correct(said, typed)
    return judge(made, file, sheet, state) if isinstance(made, Corrected) else made


def corrected(**typed: str) -> EntryContent:
    """The content with what was typed; `__` in a name stands for a dot."""
    checked = check(content(), {name.replace("__", "."): text for name, text in typed.items()}, FILE, SHEET)
    assert checked.content is not None and checked.stops == ()
    return checked.content


def test_a_form_sent_as_it_stands_changes_nothing() -> None:
    as_it_stands = editable(content())
    assert as_it_stands["lines.0.label"] == "PapierA4"
    assert changed(content(), as_it_stands) == {}
    assert check(content(), as_it_stands, FILE, SHEET).content == content()


def test_only_what_was_typed_changes() -> None:
    news = corrected(date="2026-04-01", label=" Encre ", lines__0__label="Encre noire")
    assert (news.date, news.label, news.lines[0].label) == ("2026-04-01", "Encre", "Encre noire")
    before = content()
    assert news.lines[1] == before.lines[1] and news.journal == before.journal
    assert news.lines[0].model_copy(update={"label": before.lines[0].label}) == before.lines[0]


def test_the_name_of_an_account_or_journal_goes_with_it_unless_typed_anew() -> None:
    assert corrected(lines__0__account=" 606300 ").lines[0].account_label == ""
    typed = corrected(lines__0__account="606300", lines__0__account_label="Petit matériel").lines[0]
    assert (typed.account, typed.account_label) == ("606300", "Petit matériel")
    assert corrected(journal__code="AC2").journal.label == ""


@pytest.mark.parametrize(("field", "text"), [("code", "401MAR"), ("label", "Martin")])
def test_another_third_party_does_not_inherit_a_siren(field: str, text: str) -> None:
    third = corrected(**{f"lines__1__subsidiary__{field}": text}).lines[1].subsidiary
    assert third is not None
    assert (getattr(third, field), third.kind, third.siren, third.vat_number) == (text, "supplier", None, None)


def test_an_emptied_subsidiary_leaves_the_line_with_its_account() -> None:
    line = corrected(lines__1__subsidiary__code="").lines[1]
    assert (line.account, line.subsidiary) == ("401000", None)


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("date", "", "missing"),
        ("date", "tomorrow", "impossible_date"),
        ("date", "2026-02-31", "impossible_date"),
        ("journal.code", "  ", "missing"),
        ("lines.0.account", "", "missing"),
        ("lines.0.label", "", "missing"),
        ("label", "x" * 20_001, "too_long"),
        ("label", "a\x00b", "control_characters"),
        ("label", "a\x07b", "control_characters"),
    ],
)
def test_what_cannot_be_booked_stops_with_its_field(field: str, text: str, code: str) -> None:
    checked = check(content(), {field: text}, FILE, SHEET)
    assert checked.content is None
    assert [(fault.where, fault.code) for fault in checked.stops] == [(field, code)]
    assert all(fault.message and fault.remedy for fault in checked.stops)


def test_what_the_software_refuses_is_found_before_it_is_asked() -> None:
    limits = {"label": {"max": 10, "overflow": "refuse", "evidence": "assumed", "source": "test"}}
    strict = SHEET.model_validate(SHEET.model_dump() | {"limits": limits})
    checked = check(content(), {"lines.1.label": "x" * 10_000}, FILE, strict)
    assert [(fault.where, fault.code) for fault in checked.stops] == [("lines.1.label", "text_too_long")]
    assert check(content(), {"lines.1.label": "x" * 10_000}, FILE, None).stops == ()


def test_what_was_read_of_the_software_raises_doubts_and_the_data_sheet_certainty() -> None:
    read_at = datetime(2026, 3, 12, 8, tzinfo=UTC)
    state = ReferenceState(
        accounts={"606400": False, "401000": False, "606499": True},
        subsidiaries={"401DUR": False},
        journals={"ACH": False},
        fiscal_years=(KnownYear(date(2026, 1, 1), date(2026, 12, 31), closed=False),),
        refreshed_at={"accounts": datetime(2026, 3, 12, 9, tzinfo=UTC), "journals": read_at},
    )
    clean = check(content(), {}, FILE, SHEET, state)
    assert (clean.stops, clean.doubts, clean.waits, clean.read_at) == ((), (), (), read_at)
    typed = {"lines.0.account": "606499", "journal.code": "AC", "date": "2027-01-01"}
    doubtful = check(content(), typed, FILE, SHEET, state)
    assert [(fault.code, fault.where) for fault in doubtful.doubts] == [
        ("account_closed", "lines.0.account"),
        ("journal_unknown", "journal.code"),
    ]
    assert [fault.code for fault in doubtful.waits] == ["no_fiscal_year"]
    assert doubtful.content is not None and doubtful.stops == ()
    closed = FILE.model_copy(update={"policies": FilePolicies(closed_until="2026-03-12")})
    assert [fault.code for fault in check(content(), {}, closed, SHEET, state).stops] == ["books_closed"]


def test_a_line_or_field_that_the_entry_has_not_is_nobodys() -> None:
    assert changed(content(), {"lines.7.account": "1", "lines.0.subsidiary.code": "1", "amount": "1"}) == {}


def test_a_finding_about_a_subsidiary_marks_its_field() -> None:
    assert field_of("subsidiary_unknown", "lines.1.account") == "lines.1.subsidiary.code"
    assert field_of("account_unknown", "lines.1.account") == "lines.1.account"
