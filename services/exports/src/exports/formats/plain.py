"""A format that is nothing but its description: a line for each line of an entry, a heading where it has one.

Others derive from it and add what is truly their own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from exports.domain.book import Chart
from exports.domain.description import Description
from exports.domain.fitting import Fitting
from exports.domain.posting import SHARED, SOURCES, Parameters, Posting, Source
from qontable.flatfile.rows import delimited, fixed, lines

Write = Callable[[Any], str]
NONE: Mapping[str, Source] = MappingProxyType({})


class Format:
    """Writes one file: `head`, then `entry` for each entry, then `foot`. Lines come without their end.

    `before_entries` are the lines that need the whole chart; a format that has some says so with `needs_chart`.
    `own` are values that only this format knows, by the name that its layout gives them.
    """

    needs_chart = False

    def __init__(
        self, description: Description, fitting: Fitting, parameters: Parameters, own: Mapping[str, Source] = NONE
    ) -> None:
        self.description = description
        self.fitting = fitting
        self.parameters = parameters
        self.sources: Mapping[str, Source] = {**SOURCES, **own}
        self._lines = lines(
            description.record("entry"),
            self.sources,
            description.separator,
            SHARED,
            quoting=description.quoting,
        )

    def head(self) -> Iterable[str]:
        """Lines at the start that are known before the first entry."""
        if self.description.header:
            names = [cell.name for cell in self.description.record("entry").cells]
            yield (self.description.separator or "").join(names)

    def before_entries(self, chart: Chart) -> Iterable[str]:
        """Lines between head and entries that name accounts and journals."""
        return ()

    def entry(self, postings: Sequence[Posting]) -> Iterable[str]:
        """The lines of one entry."""
        return self._lines(postings)

    def foot(self) -> Iterable[str]:
        """Lines at the end."""
        return ()

    def companions(self, chart: Chart) -> Mapping[str, Iterable[str]]:
        """Other files that go with this one, by name."""
        return {}

    def writer(self, record: str, sources: Mapping[str, Source] | None = None) -> Write:
        """The function that writes a record; without sources it takes attributes named like the record's values."""
        layout = self.description.record(record)
        known = sources or {cell.value: attrgetter(cell.value) for cell in layout.cells if cell.value}
        if layout.fixed:
            return fixed(layout, known)
        return delimited(layout, known, self.description.separator or "", quoting=self.description.quoting)
