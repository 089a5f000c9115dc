"""Pre-flight: what a software would refuse, found before sending, from its data sheet and the file's reference data.

Pure: an entry, the sheet, the reference data and the file's policies give findings, always the same. Each rule is a
small function in `RULES`; what a finding says, and whether it returns the entry or makes it wait, is in
`findings.toml`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from qontable.cutting import TextRefused, cut_code, cut_label
from qontable.entry import Entry, EntryKind, Finding, Line
from qontable.events.hub import FilePolicies
from qontable.events.reference import ReferenceKind
from qontable.findings import cured_by
from qontable.money import BOOK_CURRENCY
from qontable.sheet import Limit, Sheet


@dataclass(frozen=True, slots=True)
class KnownYear:
    """A fiscal year of the software file: both dates belong to it."""

    start: date
    end: date
    closed: bool


@dataclass(frozen=True, slots=True)
class ReferenceState:
    """What we know of the software file. The mappings say for each number or code whether it is closed.

    `accounts` and `subsidiaries` hold at least the numbers that the entry names and those that a cut could make equal
    to them. `refreshed_at` says for each kind when it was last fetched; a kind that never was is absent.
    """

    accounts: Mapping[str, bool] = field(default_factory=dict)
    subsidiaries: Mapping[str, bool] = field(default_factory=dict)
    journals: Mapping[str, bool] = field(default_factory=dict)
    fiscal_years: Sequence[KnownYear] = ()
    refreshed_at: Mapping[ReferenceKind, datetime] = field(default_factory=dict)

    def closed(self, number: str) -> bool | None:
        """Whether the account is closed, nothing when it does not exist; some softwares keep all in one list."""
        return self.subsidiaries.get(number, self.accounts.get(number))


@dataclass(frozen=True, slots=True)
class Case:
    """One entry to be checked. `journal` is the software's code of the entry's journal; without `state` only the sheet
    is checked."""

    entry: Entry
    sheet: Sheet
    journal: str
    policies: FilePolicies = field(default_factory=FilePolicies)
    state: ReferenceState | None = None


DOCUMENTED = frozenset({EntryKind.PURCHASE, EntryKind.SALE, EntryKind.EXPENSE_REPORT})
"""The kinds of entry that rest on a supporting document."""
Rule = Callable[[Case], Iterable[Finding]]


def preflight(case: Case) -> tuple[Finding, ...]:
    """Every finding, in the order of the rules; the same trouble on many lines is told once, for the first of them."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], Finding] = {}
    for rule in RULES:
        for finding in rule(case):
            found.setdefault((finding.code, tuple(finding.values.items())), finding)
    return tuple(found.values())


def stale_kinds(
    findings: Iterable[Finding], refreshed_at: Mapping[ReferenceKind, datetime], since: datetime
) -> frozenset[ReferenceKind]:
    """The kinds to fetch once more before these findings are believed: those last fetched before `since`."""
    return frozenset(
        kind for kind in cured_by(findings) if (fetched := refreshed_at.get(kind)) is None or fetched < since
    )


def mapped_journal(code: str, journal_map: Mapping[str, str]) -> str:
    """The software's code of a journal; a journal that the file's map does not name has the same code there."""
    return journal_map.get(code, code)


def account_numbers(line: Line, sheet: Sheet) -> Iterator[tuple[str, bool]]:
    """The numbers that a line books on, each with whether it is a subsidiary account in this software.

    Where subsidiary accounts are part of the chart (their roots are reserved, or their code starts with the root), the
    subsidiary code stands alone; elsewhere it stands beside the general account.
    """
    rules = sheet.accounts
    if line.subsidiary:
        yield line.subsidiary.code, True
        if rules.subsidiary_roots or rules.subsidiary_prefix:
            return
    yield line.account, line.account.startswith(rules.subsidiary_roots) if rules.subsidiary_roots else False


def lacks_document(entry: Entry) -> bool:
    """Whether an entry of a kind that rests on a supporting document has none."""
    return entry.kind in DOCUMENTED and not entry.documents


def named_numbers(entry: Entry, sheet: Sheet) -> tuple[set[str], set[str]]:
    """What must be known of a file's accounts to check an entry: the numbers that it names, and where codes may be cut
    the starts that they share with others."""
    numbers, starts = set(), set()
    for line in entry.lines:
        for number, subsidiary in account_numbers(line, sheet):
            numbers.add(number)
            limit = sheet.limits.subsidiary if subsidiary else sheet.limits.account
            if limit and limit.overflow == "cut_after_collision_check":
                starts.add(number[: limit.max])
    return numbers, starts


def _book_currency(case: Case) -> Iterator[Finding]:
    if case.entry.currency != BOOK_CURRENCY:
        yield Finding("book_currency", "currency", {"currency": case.entry.currency})


def _line_count(case: Case) -> Iterator[Finding]:
    limit = case.sheet.limits.lines
    if limit and len(case.entry.lines) > limit.max:
        yield Finding("too_many_lines", "lines", {"lines": str(len(case.entry.lines)), **_limit_values(case, limit)})


def _texts(case: Case) -> Iterator[Finding]:
    limits, entry = case.sheet.limits, case.entry
    label_limit = limits.label_limit(entry.kind)
    texts = [(line.label, f"lines.{index}.label", label_limit) for index, line in enumerate(entry.lines)]
    texts.append((entry.document_number or "", "document_number", limits.piece))
    texts.append((entry.invoice_number or "", "invoice_number", limits.invoice_number))
    for text, where, limit in texts:
        if limit:
            try:
                cut_label(text, limit)
            except TextRefused as refusal:
                yield Finding(refusal.code, where, _limit_values(case, limit))


def _codes(case: Case) -> Iterator[Finding]:
    limits, state = case.sheet.limits, case.state or ReferenceState()
    numbers = _distinct_numbers(case)
    for kind, limit, known in ((False, limits.account, state.accounts), (True, limits.subsidiary, state.subsidiaries)):
        if limit is None:
            continue
        own = {number: index for (number, subsidiary), index in numbers.items() if subsidiary == kind}
        ledger: dict[str, list[str]] = {}
        for number in {*known, *own}:
            ledger.setdefault(number[: limit.max], []).append(number)
        for number, index in own.items():
            try:
                cut_code(number, limit, sorted(ledger[number[: limit.max]]))
            except TextRefused as refusal:
                other = {"other": refusal.other} if refusal.other else {}
                values = {"account": number, **other, **_limit_values(case, limit)}
                yield Finding(refusal.code, f"lines.{index}.account", values)


def _distinct_numbers(case: Case) -> dict[tuple[str, bool], int]:
    """Each number that the entry books on, and whether it is subsidiary, with the first line that does."""
    numbers: dict[tuple[str, bool], int] = {}
    for index, line in enumerate(case.entry.lines):
        for number in account_numbers(line, case.sheet):
            numbers.setdefault(number, index)
    return numbers


def _subsidiary_prefix(case: Case) -> Iterator[Finding]:
    if not case.sheet.accounts.subsidiary_prefix:
        return
    for index, line in enumerate(case.entry.lines):
        if line.subsidiary and not line.subsidiary.code.startswith(line.account[:3]):
            values = {"account": line.subsidiary.code, "general": line.account, "prefix": line.account[:3]}
            yield Finding("subsidiary_prefix", f"lines.{index}.subsidiary.code", values)


def _accounts(case: Case) -> Iterator[Finding]:
    if case.state is None:
        return
    for (number, subsidiary), index in _distinct_numbers(case).items():
        ledger = "subsidiary" if subsidiary else "account"
        closed = case.state.closed(number)
        verdict = "closed" if closed else _missing(case, ledger) if closed is None else None
        if verdict:
            yield Finding(f"{ledger}_{verdict}", f"lines.{index}.account", {"account": number})


def _missing(case: Case, ledger: str) -> str | None:
    """What is said of an account that is missing; nothing where it is created."""
    rules, policies = case.sheet.accounts, case.policies
    rule = rules.missing_subsidiary if ledger == "subsidiary" else rules.missing_account
    if rule == "created_by_software":
        return None
    if rule == "created_on_policy" and policies.create_missing_accounts:
        return None
    return "to_create" if rule == "created_on_policy" and policies.ask_before_creating else "unknown"


def _journal(case: Case) -> Iterator[Finding]:
    if case.state is None:
        return
    closed = case.state.journals.get(case.journal)
    if closed is None:
        yield Finding("journal_unknown", "journal.code", {"journal": case.journal})
    elif closed:
        yield Finding("journal_closed", "journal.code", {"journal": case.journal})


def _fiscal_year(case: Case) -> Iterator[Finding]:
    if case.state is None or not case.sheet.lists_fiscal_years:
        return
    day = case.entry.date
    covering = [year for year in case.state.fiscal_years if year.start <= day <= year.end]
    if not covering:
        yield Finding("no_fiscal_year", "date", {"date": day.isoformat()})
    elif all(year.closed for year in covering):
        yield Finding("fiscal_year_closed", "date", {"date": day.isoformat()})


def _closed_books(case: Case) -> Iterator[Finding]:
    """The firm may have closed its books up to a day that the software still takes."""
    until = case.policies.closed_until
    if until and case.entry.date.isoformat() <= until:
        yield Finding("books_closed", "date", {"date": case.entry.date.isoformat(), "until": until})


def _documents(case: Case) -> Iterator[Finding]:
    rules, documents = case.sheet.documents, case.entry.documents
    software = case.sheet.name
    if rules.max_count is not None and len(documents) > rules.max_count:
        values = {"documents": str(len(documents)), "max": str(rules.max_count), "software": software}
        yield Finding("too_many_documents", "documents", values)
    for index, document in enumerate(documents):
        where = f"documents.{index}"
        if document.media_type not in rules.media_types:
            values = {"media_type": document.media_type, "software": software}
            yield Finding("document_type_refused", where, values)
        if document.size > rules.max_bytes:
            yield too_large(where, document.size, rules.max_bytes)


def too_large(where: str, size: int, most: int) -> Finding:
    """A document of more bytes than are taken; digits in threes, as people count them."""
    return Finding("document_too_large", where, {"size": _in_threes(size), "max": _in_threes(most)})


def _in_threes(number: int) -> str:
    return f"{number:_}".replace("_", " ")


def _absent_document(case: Case) -> Iterator[Finding]:
    """The firm may want no such entry in its books without a document."""
    if case.policies.missing_documents == "hold" and lacks_document(case.entry):
        yield Finding("document_absent", "documents")


def _limit_values(case: Case, limit: Limit) -> dict[str, str]:
    return {"max": str(limit.max), "software": case.sheet.name}


RULES: tuple[Rule, ...] = (
    _book_currency,
    _line_count,
    _texts,
    _codes,
    _subsidiary_prefix,
    _accounts,
    _journal,
    _fiscal_year,
    _closed_books,
    _documents,
    _absent_document,
)
