"""The judge: whether the books hold each published entry once and unchanged, and nothing that nobody published."""

from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from qontable.entry import Entry
from qontable.money import ZERO, format_amount
from sandbox.domain.books import BookedEntry
from sandbox.domain.comparison import Comparison, Difference, Expected, account_names, compare
from sandbox.domain.published import History, Revision
from sandbox.domain.rules import Rules

CENT = Decimal("0.01")


@dataclass(slots=True)
class Totals:
    """How many entries, lines and documents, and per account what stands on either side."""

    entries: int = 0
    lines: int = 0
    documents: int = 0
    accounts: dict[str, list[Decimal]] = field(default_factory=dict)

    def add(self, account: str, debit: Decimal, credit: Decimal) -> None:
        """Add amounts to an account."""
        sides = self.accounts.setdefault(account, [ZERO, ZERO])
        sides[0] += debit
        sides[1] += credit

    def as_json(self) -> dict[str, Any]:
        """Amounts as decimal strings, accounts in their order."""
        return {
            "entries": self.entries,
            "lines": self.lines,
            "documents": self.documents,
            "accounts": {
                number: {"debit": format_amount(debit.quantize(CENT)), "credit": format_amount(credit.quantize(CENT))}
                for number, (debit, credit) in sorted(self.accounts.items())
            },
        }


@dataclass(slots=True)
class Verdict:
    """The books of some software files beside what was published for them.

    `refused` entries went back to the accountant and are not in the books. `open_differences` are in the books in an
    earlier revision, or although they were withdrawn: a person's matter, no fault. `unexpected` is what the books hold
    and nobody published, or what had been returned.
    """

    rules: Rules
    books: Totals = field(default_factory=Totals)
    events: Totals = field(default_factory=Totals)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    open_differences: list[str] = field(default_factory=list)
    differences: dict[str, list[Difference]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    cuts: list[dict[str, str]] = field(default_factory=list)
    account_names: dict[str, str] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether the books hold exactly what was published."""
        return not (self.lost or self.doubled or self.altered or self.unexpected or self.refused)

    def add(self, history: History, booked: list[BookedEntry], prefix: str = "") -> None:
        """Judge one entry. `prefix` tells keys of several software files apart."""
        newest = history.newest
        key = prefix + newest.key
        if not booked:
            self._absent(key, newest)
            return
        if len(booked) > 1:
            self.doubled.append(key)
            self.reasons[key] = "booked as " + ", ".join(str(entry.id) for entry in booked)
        revision, expected, comparison = _closest(history, booked[0], self.rules)
        self.cuts.extend({"entry": key, **asdict(cut)} for cut in comparison.cuts)
        if expected is not None:
            self._count(expected)
        if comparison.differences:
            self.altered.append(key)
            self.differences[key] = comparison.differences
        elif newest.state == "refused" and revision is newest:
            self.unexpected.append(key)
            self.reasons[key] = "returned to the accountant, yet in the books"
        elif newest.state == "withdrawn":
            self._leave_open(key, "withdrawn, yet in the books")
        elif revision is not newest:
            self._leave_open(
                key, f"revision {revision.revision} is in the books, {newest.revision} was published later"
            )

    def add_unexpected(self, entry: BookedEntry, prefix: str = "") -> None:
        """Something that the books hold and nobody published."""
        key = f"{prefix}{entry.journal_code}/{entry.id}"
        self.unexpected.append(key)
        self.reasons[key] = f"reference {entry.reference} was never published" if entry.reference else "no reference"

    def add_balance(self, account: str, debit: Decimal, credit: Decimal) -> None:
        """What the books hold on an account; after all entries, so that its published number is known."""
        self.books.add(self.account_names.get(account, account), debit, credit)

    def _absent(self, key: str, newest: Revision) -> None:
        if newest.state == "published":
            self.lost.append(key)
            expected = newest.expected()
            if expected is not None:
                self._count(expected)
        elif newest.state == "refused":
            self.refused.append(key)
            self.reasons[key] = newest.reason or ""

    def _leave_open(self, key: str, reason: str) -> None:
        self.open_differences.append(key)
        self.reasons[key] = reason

    def _count(self, expected: Expected) -> None:
        """Add what should be in the books to the events' side."""
        self.events.entries += 1
        self.events.lines += len(expected.entry.lines)
        self.events.documents += len(expected.documents)
        self._count_accounts(expected.entry)

    def _count_accounts(self, entry: Entry) -> None:
        for line in entry.lines:
            self.events.add(line.published_account, line.debit, line.credit)
            self.account_names.update((name, line.published_account) for name in account_names(line, self.rules))

    def as_json(self) -> dict[str, Any]:
        """The verdict as `qontable sandbox ledger --json` prints it; the counts on top are those of the books."""
        return {
            "clean": self.clean,
            **self.books.as_json(),
            "published": self.events.as_json(),
            **{name: sorted(getattr(self, name)) for name in LISTS},
            "reasons": self.reasons,
            "differences": {key: [asdict(item) for item in found] for key, found in self.differences.items()},
            "cuts": self.cuts,
        }


LISTS = ("lost", "doubled", "altered", "unexpected", "refused", "open_differences")


def _closest(history: History, booked: BookedEntry, rules: Rules) -> tuple[Revision, Expected | None, Comparison]:
    """The newest revision that the booked entry equals, or else the one that it differs from least."""
    found: tuple[Revision, Expected | None, Comparison] | None = None
    for revision in history.revisions:
        expected = revision.expected()
        comparison = _unreadable(rules) if expected is None else compare(expected, booked, rules)
        if found is None or len(comparison.differences) < len(found[2].differences):
            found = (revision, expected, comparison)
        if not comparison.differences:
            break
    assert found is not None, "a history has at least one revision"
    return found


def _unreadable(rules: Rules) -> Comparison:
    comparison = Comparison(rules)
    comparison.value("content", "", "cannot be an entry", "booked")
    return comparison
