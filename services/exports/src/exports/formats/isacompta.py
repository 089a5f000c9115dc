"""Agiris ISACOMPTA: a piece, then its movements, each with its due date; folder, year and journals before all."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from exports.domain.book import Chart
from exports.domain.description import Description
from exports.domain.fitting import Fitting
from exports.domain.posting import SOURCES, Parameters, Posting, Source
from exports.formats.natures import ISACOMPTA_JOURNALS
from exports.formats.plain import Format

LONGEST = 10
DOCUMENT_KIND = "fa"


@dataclass(frozen=True, slots=True)
class Journal:
    """A JOU record."""

    code: str
    label: str
    nature: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A DOS record."""

    folder: str
    company: str
    account_length: str


class Isacompta(Format):
    """ECR records, each followed by its MVT and ECHMVT records."""

    needs_chart = True

    def __init__(self, description: Description, fitting: Fitting, parameters: Parameters) -> None:
        length = parameters.account_length or LONGEST
        own = {**OWN, "folder_account": lambda posting: _filled(posting, length)}
        super().__init__(description, fitting, parameters, own)
        known = {**SOURCES, **own}
        self._piece = self.writer("piece", known)
        self._due_date = self.writer("due_date", known)
        self._length = length

    def head(self) -> Iterable[str]:
        yield self.writer("head")(None)
        folder = Folder(self.parameters.folder, self.parameters.company, str(self._length))
        yield self.writer("folder")(folder)

    def before_entries(self, chart: Chart) -> Iterator[str]:
        yield self.writer("year")(self.parameters)
        write = self.writer("journal")
        for code, (label, kind) in chart.journals.items():
            fit = self.fitting
            yield write(Journal(fit.code("journal", code), fit.text("journal_label", label), ISACOMPTA_JOURNALS[kind]))

    def entry(self, postings: Sequence[Posting]) -> Iterable[str]:
        found = [self._piece(postings[0])]
        if postings[0].head.entry.due_date is None:
            return found + self._lines(postings)
        for posting, line in zip(postings, self._lines(postings), strict=True):
            found.append(line)
            if posting.names.subsidiary:
                found.append(self._due_date(posting))
        return found


def _filled(posting: Posting, length: int) -> str:
    """A general account at the folder's length; a third party's code as it is."""
    return posting.names.subsidiary or posting.names.account.ljust(length, "0")


OWN: dict[str, Source] = {
    "has_due_date": lambda posting: "1" if posting.names.subsidiary and posting.head.entry.due_date else "0",
    "document_kind": lambda posting: DOCUMENT_KIND if posting.head.document else "",
}
