"""Whether an entry in the books is the entry that was published: what differs, and what was only cut as declared.

The vendors' text limits allow changes that are no alterations: a label or a code ends where the limit ends, and a piece
loses what is no letter or digit. Each such change is listed all the same (DESIGN 8, rule 3).
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from qontable.entry import Entry, Line
from qontable.money import format_amount
from sandbox.domain.books import BookedEntry, BookedLine
from sandbox.domain.marks import parted
from sandbox.domain.rules import Rules
from sandbox.domain.seed import account_number

_ACK = re.compile(r"[0-9A-Z]{4}")
_GRAPHEME = 8
"""A cut may end this much before the limit, so that a character is not parted from its accents and joiners."""


@dataclass(frozen=True, slots=True)
class Expected:
    """An entry as it should stand in the books: what was published, the hashes of its documents, its journal there."""

    entry: Entry
    documents: tuple[str, ...]
    journal_code: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: `what` in a word, `where` in the published entry, and both values."""

    what: str
    where: str
    published: str
    booked: str


@dataclass(frozen=True, slots=True)
class DeclaredCut:
    """A text that arrived shorter, as the software's limits demand."""

    where: str
    published: str
    booked: str


@dataclass(slots=True)
class Comparison:
    """What came of comparing; without differences the entry is the one that was published."""

    rules: Rules
    differences: list[Difference] = field(default_factory=list)
    cuts: list[DeclaredCut] = field(default_factory=list)

    def value(self, what: str, where: str, published: object, booked: object) -> None:
        """The two must be equal, where the software has a field for it."""
        if published != booked and what not in self.rules.unkept:
            self.differences.append(Difference(what, where, _text(published), _text(booked)))

    def label(self, where: str, published: str, booked: str) -> None:
        """The label must be the published one, or its beginning where that is longer than the limit."""
        whole = len(booked)
        if self.rules.marked:
            booked, _mark = parted(booked)
        limit = None if self.rules.label is None else self.rules.label - (whole - len(booked))
        if limit is None:
            self.value("label", where, published, booked)
        elif len(published) > limit >= len(booked) >= limit - _GRAPHEME and published.startswith(booked):
            self.cuts.append(DeclaredCut(where, published, booked))
        else:
            self.value("label", where, published, booked)

    def piece(self, where: str, published: str | None) -> str | None:
        """The number less what the software does not take: what each line should carry of it, if anything."""
        if self.rules.piece == 0:
            return None
        kept = published or "" if self.rules.signs else re.sub(r"[^a-zA-Z0-9]", "", published or "")
        sent = kept[: self.rules.piece]
        if published and published != sent:
            self.cuts.append(DeclaredCut(where, published, sent))
        return sent or None

    def counted(self, what: str, where: str, published: Iterable[str], booked: Iterable[str]) -> None:
        """The same things must be there, each as often, in any order."""
        if what in self.rules.unkept:
            return
        wanted, found = Counter(published), Counter(booked)
        for missing in (wanted - found).elements():
            self.differences.append(Difference(what, where, missing, ""))
        for extra in (found - wanted).elements():
            self.differences.append(Difference(what, where, "", extra))


def compare(expected: Expected, booked: BookedEntry, rules: Rules) -> Comparison:
    """Compare a booked entry with what was published."""
    entry = expected.entry
    result = Comparison(rules)
    result.value("journal", "journal.code", expected.journal_code, booked.journal_code)
    result.value("date", "date", entry.date, booked.date)
    _compare_documents(result, expected.documents, [document.sha256 for document in booked.documents])
    numbers = {
        result.piece("document_number", entry.document_number),
        result.piece("invoice_number", entry.invoice_number),
    }
    if len(entry.lines) != len(booked.lines):
        result.value("lines", "lines", len(entry.lines), len(booked.lines))
        return result
    for index, (line, found) in enumerate(zip(entry.lines, booked.lines, strict=True)):
        _compare_line(result, f"lines.{index}", entry, line, found)
        _compare_pieces(result, f"lines.{index}.piece", numbers - {None}, found)
    return result


def _compare_documents(result: Comparison, published: tuple[str, ...], booked: list[str]) -> None:
    """Where an entry takes fewer documents than it has, those that are there must be its own."""
    most = result.rules.documents
    if most is None or len(published) <= most:
        result.counted("document", "documents", published, booked)
        return
    left_out = list((Counter(published) - Counter(booked)).elements())[: len(published) - most]
    result.cuts.extend(DeclaredCut("documents", document, "") for document in left_out)
    result.counted("document", "documents", (Counter(published) - Counter(left_out)).elements(), booked)


def _compare_line(result: Comparison, where: str, entry: Entry, line: Line, found: BookedLine) -> None:
    if found.account not in account_names(line, result.rules):
        result.value("account", f"{where}.account", line.published_account, found.account)
    elif found.account not in account_names(line):
        result.cuts.append(DeclaredCut(f"{where}.account", line.published_account, found.account))
    if line.subsidiary is not None and not result.rules.one_field:
        result.value("account", f"{where}.general", line.account, found.collective)
    result.value("amount", f"{where}.debit", line.debit, found.debit)
    result.value("amount", f"{where}.credit", line.credit, found.credit)
    result.label(f"{where}.label", line.label, found.label)
    if not (result.rules.thirds_due and line.subsidiary is None and found.due_date == entry.date):
        result.value("due date", f"{where}.due_date", max(entry.due_date or entry.date, entry.date), found.due_date)
    _compare_currency(result, f"{where}.foreign", entry, line, found)
    result.counted(
        "analytic",
        f"{where}.analytic",
        (f"{share.axis}/{share.section} {share.amount.normalize():f}" for share in line.analytic),
        (f"{share.axis}/{share.section} {share.amount.normalize():f}" for share in found.analytic),
    )


def _compare_pieces(result: Comparison, where: str, numbers: set[str | None], found: BookedLine) -> None:
    """Each line carries both numbers, or one of them where that is all it takes, in whichever of the two fields."""
    carried = {found.piece, found.invoice_number} - {None}
    if result.rules.coded and not numbers and all(_ACK.fullmatch(number or "") for number in carried):
        result.cuts.extend(DeclaredCut(where, "", number or "") for number in carried)
        return
    enough = carried and carried <= numbers if result.rules.one_number and numbers else carried == numbers
    if not enough:
        result.value("piece", where, *(" / ".join(sorted(filter(None, side))) for side in (numbers, carried)))


def _compare_currency(result: Comparison, where: str, entry: Entry, line: Line, found: BookedLine) -> None:
    foreign = None if "foreign amount" in result.rules.unkept else line.foreign
    result.value("currency", f"{where}.currency", foreign.currency if foreign else entry.currency, found.currency)
    if foreign is not None:
        result.value("foreign amount", f"{where}.amount", foreign.debit + foreign.credit, found.foreign_amount)
    elif found.foreign_amount is not None:
        result.value("foreign amount", f"{where}.amount", line.debit + line.credit, found.foreign_amount)


def account_names(line: Line, rules: Rules | None = None) -> tuple[str, ...]:
    """The numbers under which a line may stand in the books: as published, or in the software's one-field form.

    With the software's rules also the code as it is cut there.
    """
    if line.subsidiary is None:
        return (line.account,)
    code = line.subsidiary.code
    cut = (code[: rules.account],) if rules is not None and rules.cut_codes else ()
    return (code, account_number(code, line.account), *cut)


def _text(value: object) -> str:
    return format_amount(value) if isinstance(value, Decimal) else "" if value is None else str(value)
