"""EBP: entries in one file, the accounts that they name in another."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from exports.domain.book import Chart
from exports.domain.description import Description
from exports.domain.fitting import Fitting
from exports.domain.posting import Parameters, Posting
from exports.formats.analytic import with_shares
from exports.formats.plain import Format

ACCOUNTS_FILE = "COMPTES.TXT"


@dataclass(frozen=True, slots=True)
class Account:
    """A line of COMPTES.TXT; `company` is the third party's name, empty for a general account."""

    code: str
    label: str
    company: str


class Ebp(Format):
    """ECRITURES.TXT, shares behind their line, and COMPTES.TXT: without it unknown accounts are made without a name."""

    def __init__(self, description: Description, fitting: Fitting, parameters: Parameters) -> None:
        super().__init__(description, fitting, parameters)
        self._share = self.writer("analytic")

    def entry(self, postings: Sequence[Posting]) -> Iterable[str]:
        return with_shares(postings, self._lines(postings), self._share, self.fitting, 15)

    def companions(self, chart: Chart) -> Mapping[str, Iterable[str]]:
        return {ACCOUNTS_FILE: self._accounts(chart)}

    def _accounts(self, chart: Chart) -> Iterator[str]:
        write = self.writer("account")
        collectives = {account for _, account in chart.subsidiaries.values()}
        for code, label in chart.accounts.items():
            if code not in collectives:
                yield write(self._account(code, label, third_party=False))
        for code, (label, _) in chart.subsidiaries.items():
            yield write(self._account(code, label, third_party=True))

    def _account(self, code: str, label: str, *, third_party: bool) -> Account:
        name = self.fitting.text("name", label)
        return Account(self.fitting.code("posted_account", code), name, name[:30] if third_party else "")
