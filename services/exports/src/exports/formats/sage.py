"""Sage's own ways: a field a line in the tag file, a first line with the company in the PNM, sections in RImport."""

from collections.abc import Iterable, Sequence

from exports.domain.description import Description
from exports.domain.fitting import Fitting
from exports.domain.posting import Parameters, Posting
from exports.formats.analytic import with_shares
from exports.formats.pieces import nature
from exports.formats.plain import Format


class Tag(Format):
    """The tag file: `#MECG` blocks, each followed by its `#MECA` blocks."""

    def __init__(self, description: Description, fitting: Fitting, parameters: Parameters) -> None:
        super().__init__(description, fitting, parameters)
        self._share = self.writer("analytic")

    def head(self) -> Iterable[str]:
        yield self.writer("head")(None)

    def entry(self, postings: Sequence[Posting]) -> Iterable[str]:
        return with_shares(postings, self._lines(postings), self._share, self.fitting)

    def foot(self) -> Iterable[str]:
        yield self.writer("foot")(None)


class Pnm(Format):
    """The fixed-width file of 138 characters, whose first line is the company's name."""

    def __init__(self, description: Description, fitting: Fitting, parameters: Parameters) -> None:
        super().__init__(description, fitting, parameters, {"nature": nature})

    def head(self) -> Iterable[str]:
        yield self.writer("head")(self.parameters)


class RImport(Format):
    """The tab file with its two section lines."""

    def head(self) -> Iterable[str]:
        yield self.writer("head")(None)
        yield self.writer("section")(None)
