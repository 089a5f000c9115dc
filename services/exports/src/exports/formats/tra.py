"""Cegid TRA: parameter records for journals and third parties, third parties first in an entry, documents as lines."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

from exports.domain.book import Chart
from exports.domain.description import Description
from exports.domain.fitting import Fitting
from exports.domain.posting import SOURCES, Parameters, Posting, Source
from exports.formats.analytic import Share, shares
from exports.formats.natures import OTHER_THIRD_PARTY, TRA_JOURNALS, TRA_THIRD_PARTIES
from exports.formats.pieces import nature
from exports.formats.plain import Format

WITH_COUNTERPART = ("BQE", "CAI")
AXES = 5


@dataclass(frozen=True, slots=True)
class Journal:
    """A JAL record."""

    code: str
    label: str
    nature: str
    counterpart: str


@dataclass(frozen=True, slots=True)
class ThirdParty:
    """A CAE record."""

    code: str
    label: str
    nature: str
    collective: str


def _euro_amount(posting: Posting) -> Decimal | None:
    """Amount 2: the euros of a line whose amount 1 is in another currency."""
    return posting.amount if posting.line.currency else None


OWN: dict[str, Source] = {
    "nature": nature,
    "amount_code": lambda posting: "DE-" if posting.line.currency else "E--",
    "euro_amount": _euro_amount,
    "foreign_rate": lambda posting: posting.line.rate if posting.line.currency else None,
}
SHARED = ("journal", "date", "nature", "account", "reference", "label", "side")


class Tra(Format):
    """The journal file, version 011, movements of 222 characters."""

    needs_chart = True

    def __init__(self, description: Description, fitting: Fitting, parameters: Parameters) -> None:
        super().__init__(description, fitting, parameters, OWN)
        self._document = self.writer("document", {**SOURCES, **OWN})
        self._share = self.writer("analytic", _share_sources())
        self._banks: dict[str, str] = {}

    def head(self) -> Iterable[str]:
        yield self.writer("head")(self.parameters)

    def before_entries(self, chart: Chart) -> Iterator[str]:
        write = self.writer("journal")
        for code, (label, kind) in chart.journals.items():
            name = TRA_JOURNALS[kind]
            bank = self._banks.get(code, "") if name in WITH_COUNTERPART else ""
            fit = self.fitting
            yield write(Journal(fit.code("journal", code), fit.text("journal_label", label), name, bank))
        write = self.writer("third_party")
        for code, (label, account) in chart.subsidiaries.items():
            fit = self.fitting
            name = TRA_THIRD_PARTIES.get(account[:2], OTHER_THIRD_PARTY)
            collective = fit.code("account", account)
            yield write(ThirdParty(fit.code("subsidiary", code), fit.text("name", label), name, collective))

    def entry(self, postings: Sequence[Posting]) -> Iterator[str]:
        self._remember_bank(postings)
        document = postings[0].head.document
        ordered = sorted(postings, key=lambda posting: not posting.names.subsidiary)
        for posting, line in zip(ordered, self._lines(ordered), strict=True):
            yield line
            if document:
                yield self._document(posting) + document
                document = ""
            if posting.line.analytic:
                yield from map(self._share, self._shares(posting))

    def _shares(self, posting: Posting) -> Iterator[Share]:
        for share in shares(posting, self.fitting):
            if int(share.axis_code[1:]) > AXES:
                self.fitting.tell("analytic_not_carried", line=str(posting.line_number))
                return
            yield share

    def _remember_bank(self, postings: Sequence[Posting]) -> None:
        """A bank journal's record names its account: that of its first entry."""
        entry = postings[0].head.entry
        if entry.kind == "bank" and entry.journal not in self._banks:
            banks = [
                posting.names.account for posting in postings if posting.line.account.startswith(("51", "53", "54"))
            ]
            if banks:
                self._banks[entry.journal] = banks[0]


def _share_sources() -> dict[str, Source]:
    """A share's own values, and those of the line that it belongs to."""
    line = {**SOURCES, **OWN}

    def of_line(source: Source) -> Source:
        return lambda share: source(share.posting)  # type: ignore[attr-defined]

    own = {name: attrgetter(name) for name in ("section", "share", "axis_code")}
    return own | {name: of_line(line[name]) for name in SHARED}
