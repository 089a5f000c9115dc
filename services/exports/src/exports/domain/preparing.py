"""From an entry of the book to lines ready to be written, with everything that does not fit told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from exports.domain.book import BookEntry, BookLine, Chart
from exports.domain.description import Description, Role
from exports.domain.findings import Findings
from exports.domain.fitting import MOST_REMEMBERED, Fitting
from exports.domain.posting import Head, Names, Parameters, Posting, turned
from qontable.money import ZERO

GUARDED_STARTS = ("=", "+", "-", "@", "'")
"""What a spreadsheet would compute; and the guard itself, so that a reader can tell it from a text's own."""


class _NotCarried(dict[str, str]):
    """Nothing, for whatever text."""

    def __missing__(self, text: str) -> str:
        return ""


NOT_CARRIED = _NotCarried()


@dataclass(slots=True)
class Totals:
    """What went through an export."""

    entries: int = 0
    lines: int = 0
    documents: int = 0
    debit: Decimal = ZERO
    credit: Decimal = ZERO


class Preparing:
    """Prepares entry after entry: numbers them from the first on, keeps `totals` and the `chart` of what it saw."""

    def __init__(self, format_: Description, fitting: Fitting, findings: Findings, parameters: Parameters) -> None:
        self.totals = Totals()
        self.chart = Chart()
        self._format = format_
        self._fitting = fitting
        self._findings = findings
        self._parameters = parameters
        self._one_account_field = "posted_account" in format_.limits
        self._signed = format_.negative == "kept"
        self._guards = format_.guard_formulas
        self._zeros = format_.zero_lines == "written"
        self._labels, self._texts = fitting.texts("label"), fitting.texts("name")
        self._journals, self._journal_labels = fitting.codes("journal"), fitting.texts("journal_label")
        self._references = self._carried("reference", "reference", "reference_or_number")
        self._document_numbers = self._carried("other", "document_number")
        self._invoice_numbers = self._carried("other", "invoice_number")
        self._accounts = fitting.codes("posted_account" if self._one_account_field else "account")
        self._subsidiaries = fitting.codes("posted_account" if self._one_account_field else "subsidiary")
        self._names: dict[tuple[str, str, str, str], Names] = {}

    def postings(self, entry: BookEntry, document: str) -> list[Posting]:
        """The entry's lines; `document` is the name of the document that the format links. Findings are told.

        Whether something was found that stops the export is the caller's question, at the end: all is told at once.
        """
        totals = self.totals
        self._fitting.about(entry.where)
        self.chart.meet(entry)
        totals.entries += 1
        head = Head(
            entry,
            self._parameters.first_number + totals.entries - 1,
            self._journals[entry.journal],
            self._journal_labels[entry.journal_label or entry.journal],
            self._references[entry.reference],
            self._document_numbers[entry.document_number],
            self._invoice_numbers[entry.invoice_number],
            document,
            self._parameters,
        )
        postings = [self._posting(head, line, index) for index, line in enumerate(entry.lines, 1)]
        totals.lines += len(postings)
        self._judge(entry, postings)
        return postings

    def _carried(self, role: Role, *values: str) -> Mapping[str, str]:
        """Texts of this role as they fit; without a field for them there is nothing to fit, and nothing to tell."""
        return self._fitting.texts(role) if any(map(self._format.carries, values)) else NOT_CARRIED

    def _posting(self, head: Head, line: BookLine, index: int) -> Posting:
        account, account_label, own_label, debit, credit, subsidiary, subsidiary_label = line[:7]
        currency, foreign_debit, foreign_credit, _, analytic, payment, letter, letter_date = line[7:]
        key = account, account_label, subsidiary, subsidiary_label
        label = self._labels[own_label or head.entry.label]
        usual = not (currency or analytic or payment or letter or letter_date)
        if not usual:
            line = self._unusual(line, index)
        if not self._signed and (debit < ZERO or credit < ZERO):
            debit, credit = turned(debit, credit)
            foreign_debit, foreign_credit = turned(foreign_debit, foreign_credit)
        if not account or bool(debit) == bool(credit):
            self._judge_line(line, debit, credit, index)
        return Posting(
            head,
            line,
            index,
            self.totals.lines + index,
            self._guarded(label) if self._guards else label,
            self._names.get(key) or self._named(key),
            debit,
            credit,
            foreign_debit,
            foreign_credit,
            usual,
        )

    def _named(self, key: tuple[str, str, str, str]) -> Names:
        """The accounts fitted; remembered unless something about them has to be told each time."""
        self.chart.name(*key)
        told, texts = self._findings.count, self._texts
        account, account_label, third_party, third_party_label = key
        names = Names(
            "" if third_party and self._one_account_field else self._accounts[account],
            self._guarded(texts[account_label or account]),
            self._subsidiaries[third_party],
            self._guarded(texts[third_party_label]) if third_party else "",
        )
        if self._findings.count == told:
            if len(self._names) >= MOST_REMEMBERED:
                self._names.clear()
            self._names[key] = names
        return names

    def _guarded(self, text: str) -> str:
        return "'" + text if self._guards and text.startswith(GUARDED_STARTS) else text

    def _judge(self, entry: BookEntry, postings: Sequence[Posting]) -> None:
        where, parameters = entry.where, self._parameters
        if not postings:
            self._findings.add("no_lines", where)
        debit = credit = ZERO
        for posting in postings:
            debit += posting.debit
            credit += posting.credit
        self.totals.debit += debit
        self.totals.credit += credit
        if debit != credit:
            debit, credit = entry.totals
            self._findings.add("unbalanced", where, debit=str(debit), credit=str(credit))
        first, last = parameters.year_start, parameters.year_end
        if self._format.one_year and first and last and not first <= entry.date <= last:
            self._findings.add("date_outside", where, date=str(entry.date), first=str(first), last=str(last))

    def _judge_line(self, line: BookLine, debit: Decimal, credit: Decimal, index: int) -> None:
        """Judge a line that lacks an account, or has both amounts or none."""
        tell = self._fitting.tell
        if not line.account:
            tell("code_missing", line=str(index))
        if debit and credit:
            tell("both_sides", line=str(index))
        if not debit and not credit and not self._zeros:
            tell("zero_line", line=str(index))

    def _unusual(self, line: BookLine, index: int) -> BookLine:
        """Judge a line that holds more than accounts and amounts; the line with its rarer texts fitted."""
        tell = self._fitting.tell
        if line.analytic and not self._format.analytic:
            tell("analytic_not_carried", line=str(index))
        if line.currency and not self._format.foreign:
            tell("foreign_not_carried", line=str(index), currency=line.currency)
        fit = self._fitting.text
        return line._replace(lettering=fit("other", line.lettering), currency=fit("other", line.currency))
