"""The generated book is a plausible, balanced year, the same every time."""

from collections import Counter
from datetime import date

import pytest

from qontable.entry import EntryKind
from qontable.fec.journals import JournalSurvey
from qontable.wire import read_entry
from sandbox.domain.book.generator import Book, make_book
from sandbox.domain.book.problems import CLOSED_BEFORE, CLOSED_LATER, LOCKED_JOURNAL, plant_problems
from sandbox.domain.rules import Closable
from sandbox.domain.software_seed import seed_from_workshop


@pytest.fixture(scope="module")
def book() -> Book:
    return make_book(320)


@pytest.mark.parametrize("entries", [60, 61, 300, 1_000])
def test_a_book_has_as_many_entries_as_asked_for(entries: int) -> None:
    drafts = make_book(entries).drafts
    assert len(drafts) == entries
    assert {draft.kind for draft in drafts} == set(EntryKind)


def test_a_book_of_too_few_entries_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 60"):
        make_book(59)


def test_the_same_seed_gives_the_same_book_and_another_another(book: Book) -> None:
    assert make_book(320).drafts == book.drafts
    assert make_book(320, seed=7).drafts != book.drafts


def test_every_entry_can_be_constructed_so_it_balances(book: Book) -> None:
    for draft in book.drafts:
        entry = read_entry(draft.content("frm_1", "fil_1", 1, ()))
        assert entry.total > 0
        assert all(bool(line.debit) != bool(line.credit) for line in entry.lines), draft.key


def test_entries_come_by_date_in_one_year_and_are_numbered_by_journal(book: Book) -> None:
    days = [date.fromisoformat(draft.date) for draft in book.drafts]
    assert days == sorted(days)
    assert {day.year for day in days} == {2026}
    keys = [draft.key for draft in book.drafts]
    assert len(set(keys)) == len(keys)
    for code, count in Counter(draft.journal.code for draft in book.drafts).items():
        assert [key for key in keys if key.startswith(f"{code}/")] == [f"{code}/{n}" for n in range(1, count + 1)]


def test_the_book_holds_what_is_hard_about_real_books(book: Book) -> None:
    lines = [line for draft in book.drafts for line in draft.lines]
    assert {line.vat.rate for line in lines if line.vat} == {"20.00", "10.00", "5.50", "2.10"}
    assert {line.foreign.currency for line in lines if line.foreign} == {"USD", "GBP"}
    assert all(line.foreign.rate for line in lines if line.foreign)
    assert {"445662", "445200"} <= {line.account for line in lines}
    assert any(line.analytic for line in lines)
    assert max(len(draft.lines) for draft in book.drafts) >= 9
    assert any(len(line.label) > 50 for line in lines)
    assert any("-" in (draft.invoice_number or "") for draft in book.drafts)
    credit_notes = Counter(draft.kind for draft in book.drafts if draft.label.startswith("Avoir"))
    assert credit_notes[EntryKind.PURCHASE] >= 3
    assert credit_notes[EntryKind.SALE] >= 3
    assert {line.subsidiary.kind for line in lines if line.subsidiary} == {"supplier", "customer", "employee"}


def test_only_bank_entries_come_without_a_document(book: Book) -> None:
    assert {draft.kind for draft in book.drafts if not draft.document_name} == {EntryKind.BANK}


def test_analytic_shares_sum_to_their_line(book: Book) -> None:
    for line in (line for draft in book.drafts for line in draft.lines if line.analytic):
        amount = max(_cents(line.debit), _cents(line.credit))
        assert sum(_cents(share.amount) for share in line.analytic) == amount


def test_no_supplier_sends_the_same_invoice_number_twice() -> None:
    drafts = make_book(3_000).drafts
    invoices = Counter(
        (draft.lines[-1].subsidiary.code, draft.invoice_number)
        for draft in drafts
        if draft.kind is EntryKind.PURCHASE and draft.lines[-1].subsidiary
    )
    assert invoices.most_common(1)[0][1] == 1


def test_the_software_file_has_everything_that_the_book_names(book: Book) -> None:
    seed = seed_from_workshop(book.workshop, connector="myunisoft", firm="frm_1", code="MORVAN")
    accounts = {account.number for account in seed.accounts}
    thirds = {third.number for third in seed.subsidiaries}
    for draft in book.drafts:
        for line in draft.lines:
            assert line.account in accounts
            assert line.subsidiary is None or line.subsidiary.code in thirds
    assert {draft.journal.code for draft in book.drafts} == {journal.code for journal in seed.journals}


def test_every_journal_holds_only_what_its_type_allows(book: Book) -> None:
    surveys: dict[str, JournalSurvey] = {}
    for draft in book.drafts:
        survey = surveys.setdefault(draft.journal.code, JournalSurvey(draft.journal.code))
        survey.add("", date.fromisoformat(draft.date), {line.account for line in draft.lines})
    for journal in book.workshop.journals:
        assert surveys[journal.code].type({date(2026, 1, 1)}) == journal.type


@pytest.mark.parametrize("closes", [("journal", "account"), ("account", "fiscal_year")])
def test_planted_problems_are_half_ours_to_find_and_half_the_softwares(
    book: Book, closes: tuple[Closable, ...]
) -> None:
    problems = plant_problems(book, closes)
    assert Counter(problem.where for problem in problems) == {"reference_data": 4, "software": 4}
    assert len({problem.published.key for problem in problems}) == 8
    for problem in problems:
        read_entry(problem.published.content("frm_1", "fil_1", 1, ()))
        if problem.corrected:
            assert problem.corrected in book.drafts
            assert problem.corrected.key == problem.published.key
            assert problem.published != problem.corrected
        else:
            assert problem.published in book.drafts


def test_what_the_planted_problems_need_is_nowhere_else_in_the_book(book: Book) -> None:
    used = {line.account for draft in book.drafts for line in draft.lines}
    assert not used & {CLOSED_BEFORE, CLOSED_LATER}
    assert all(
        problem.published.journal.code == LOCKED_JOURNAL
        for problem in plant_problems(book, ("journal", "account"))
        if problem.corrected is None
    )


def _cents(amount: str) -> int:
    return int(amount.replace(".", ""))
