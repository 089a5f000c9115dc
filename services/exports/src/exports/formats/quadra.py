"""Cegid Quadra's ASCII file: third parties first, movements with the label in both places, shares behind their line."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from exports.domain.book import Chart
from exports.domain.description import Description
from exports.domain.fitting import Fitting
from exports.domain.posting import Parameters, Posting, Source
from exports.formats.analytic import with_shares
from exports.formats.natures import OTHER_QUADRA, QUADRA_THIRD_PARTIES
from exports.formats.plain import Format
from qontable.cutting import cut


@dataclass(frozen=True, slots=True)
class ThirdParty:
    """A C line. `key` is the software's alphabetic key: the start of the name."""

    code: str
    label: str
    key: str
    collective: str
    kind: str


def _journal_on_three(posting: Posting) -> str:
    """The journal's own code where it fits, else the mapped one."""
    own = posting.head.entry.journal
    return own if len(own) <= 3 and own.isascii() else posting.head.journal


OWN: dict[str, Source] = {
    "label_20": lambda posting: cut(posting.label, 20),
    "lettering_2": lambda posting: cut(posting.line.lettering, 2),
    "journal_3": _journal_on_three,
    "foreign": lambda posting: (posting.foreign_debit or posting.foreign_credit) if posting.line.currency else None,
}


class Quadra(Format):
    """C lines, then M lines, each followed by its I lines."""

    needs_chart = True

    def __init__(self, description: Description, fitting: Fitting, parameters: Parameters) -> None:
        super().__init__(description, fitting, parameters, OWN)
        self._share = self.writer("analytic")

    def before_entries(self, chart: Chart) -> Iterator[str]:
        write = self.writer("third_party")
        for code, (label, account) in chart.subsidiaries.items():
            name = self.fitting.text("name", label)
            yield write(
                ThirdParty(
                    code=self.fitting.code("posted_account", code),
                    label=name,
                    key=cut(name, 7),
                    collective=self.fitting.code("posted_account", account),
                    kind=QUADRA_THIRD_PARTIES.get(account[:2], OTHER_QUADRA),
                )
            )

    def entry(self, postings: Sequence[Posting]) -> Iterable[str]:
        return with_shares(postings, self._lines(postings), self._share, self.fitting, 10)
