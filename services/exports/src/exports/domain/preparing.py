"""From an entry of the book to lines ready to be written, with everything that does not fit told."""

from decimal import Decimal

from exports.domain.book import BookEntry, BookLine
from exports.domain.description import Description, Role
from exports.domain.findings import Findings
from exports.domain.fitting import Fitting
from exports.domain.posting import Head, Parameters, Posting, turned

FORMULA_STARTS = ("=", "+", "-", "@", "\t")


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
        self._subsidiary_role: Role = "posted_account" if self._one_account_field else "subsidiary"

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
        fit = self._fitting
        self.lines += 1
        if line.lettering or line.currency:
            line = line._replace(lettering=fit.text("other", line.lettering), currency=fit.text("other", line.currency))
        debit, credit, foreign_debit, foreign_credit = line.debit, line.credit, line.foreign_debit, line.foreign_credit
        if self._format.negative == "other_side":
            debit, credit = turned(debit, credit)
            foreign_debit, foreign_credit = turned(foreign_debit, foreign_credit)
        self._judge_line(line, debit, credit, index)
        return Posting(
            head=head,
            line=line,
            line_number=index,
            rank=self.lines,
            label=self._guarded(fit.text("label", line.label or head.entry.label)),
            account=self._account(line),
            account_label=self._guarded(fit.text("name", line.account_label or line.account)),
            subsidiary=fit.code(self._subsidiary_role, line.subsidiary),
            subsidiary_label=self._guarded(fit.text("name", line.subsidiary_label)) if line.subsidiary else "",
            debit=debit,
            credit=credit,
            foreign_debit=foreign_debit,
            foreign_credit=foreign_credit,
        )

    def _account(self, line: BookLine) -> str:
        """The general account; where the format has one field for both, only on lines without a third party."""
        if not self._one_account_field:
            return self._fitting.code("account", line.account)
        return "" if line.subsidiary else self._fitting.code("posted_account", line.account)

    def _guarded(self, text: str) -> str:
        if self._format.guard_formulas and text.startswith(FORMULA_STARTS):
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

    def _judge_line(self, line: BookLine, debit: Decimal, credit: Decimal, index: int) -> None:
        tell = self._fitting.tell
        if not line.account:
            tell("code_missing", line=str(index))
        if debit and credit:
            tell("both_sides", line=str(index))
        if not debit and not credit and self._format.zero_lines == "refused":
            tell("zero_line", line=str(index))
        if line.analytic and not self._format.analytic:
            tell("analytic_not_carried", line=str(index))
        if line.currency and not self._format.foreign:
            tell("foreign_not_carried", line=str(index), currency=line.currency)
