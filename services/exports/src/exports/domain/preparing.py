"""From an entry of the book to lines ready to be written, with everything that does not fit told."""

from decimal import Decimal

from exports.domain.book import BookEntry, BookLine
from exports.domain.description import Description
from exports.domain.findings import Findings
from exports.domain.fitting import Fitting
from exports.domain.posting import Head, Parameters, Posting, turned

GUARDED_STARTS = ("=", "+", "-", "@", "'")
"""What a spreadsheet would compute; and the guard itself, so that a reader can tell it from a text's own."""


class Preparing:
    """Prepares entry after entry: numbers them from the first on and keeps count of the lines."""

    def __init__(self, format_: Description, fitting: Fitting, findings: Findings, parameters: Parameters) -> None:
        self.entries = 0
        self.lines = 0
        self._format = format_
        self._fitting = fitting
        self._findings = findings
        self._parameters = parameters
        self._one_account_field = "posted_account" in format_.limits
        self._signed = format_.negative == "kept"
        self._zeros = format_.zero_lines == "written"
        self._labels, self._names = fitting.texts("label"), fitting.texts("name")
        self._accounts = fitting.codes("posted_account" if self._one_account_field else "account")
        self._subsidiaries = fitting.codes("posted_account" if self._one_account_field else "subsidiary")

    def postings(self, entry: BookEntry, document: str) -> list[Posting]:
        """The entry's lines; `document` is the name of the document that the format links. Findings are told.

        Whether something was found that stops the export is the caller's question, at the end: all is told at once.
        """
        fit = self._fitting
        fit.about(entry.where)
        self._judge(entry)
        self.entries += 1
        head = Head(
            entry=entry,
            number=self._parameters.first_number + self.entries - 1,
            journal=fit.code("journal", entry.journal),
            journal_label=fit.text("journal_label", entry.journal_label or entry.journal),
            reference=fit.text("reference", entry.reference),
            document_number=fit.text("other", entry.document_number),
            invoice_number=fit.text("other", entry.invoice_number),
            document=document,
            parameters=self._parameters,
        )
        return [self._posting(head, line, index) for index, line in enumerate(entry.lines, 1)]

    def _posting(self, head: Head, line: BookLine, index: int) -> Posting:
        self.lines += 1
        debit, credit, foreign_debit, foreign_credit = line.debit, line.credit, line.foreign_debit, line.foreign_credit
        if not self._signed and (debit < 0 or credit < 0):
            debit, credit = turned(debit, credit)
            foreign_debit, foreign_credit = turned(foreign_debit, foreign_credit)
        if not line.account or bool(debit) == bool(credit) or line.currency or line.analytic or line.lettering:
            line = self._unusual(line, debit, credit, index)
        third_party = line.subsidiary
        names = self._names
        return Posting(
            head,
            line,
            index,
            self.lines,
            self._guarded(self._labels[line.label or head.entry.label]),
            "" if third_party and self._one_account_field else self._accounts[line.account],
            self._guarded(names[line.account_label or line.account]),
            self._subsidiaries[third_party],
            self._guarded(names[line.subsidiary_label]) if third_party else "",
            debit,
            credit,
            foreign_debit,
            foreign_credit,
        )

    def _guarded(self, text: str) -> str:
        if self._format.guard_formulas and text.startswith(GUARDED_STARTS):
            return "'" + text
        return text

    def _judge(self, entry: BookEntry) -> None:
        where, parameters = entry.where, self._parameters
        if not entry.lines:
            self._findings.add("no_lines", where)
        debit, credit = entry.totals
        if debit != credit:
            self._findings.add("unbalanced", where, debit=str(debit), credit=str(credit))
        first, last = parameters.year_start, parameters.year_end
        if self._format.one_year and first and last and not first <= entry.date <= last:
            self._findings.add("date_outside", where, date=str(entry.date), first=str(first), last=str(last))

    def _unusual(self, line: BookLine, debit: Decimal, credit: Decimal, index: int) -> BookLine:
        """Judge a line that is more or less than an account and an amount; the line with its rarer texts fitted."""
        tell = self._fitting.tell
        if not line.account:
            tell("code_missing", line=str(index))
        if debit and credit:
            tell("both_sides", line=str(index))
        if not debit and not credit and not self._zeros:
            tell("zero_line", line=str(index))
        if line.analytic and not self._format.analytic:
            tell("analytic_not_carried", line=str(index))
        if line.currency and not self._format.foreign:
            tell("foreign_not_carried", line=str(index), currency=line.currency)
        fit = self._fitting.text
        return line._replace(lettering=fit("other", line.lettering), currency=fit("other", line.currency))
