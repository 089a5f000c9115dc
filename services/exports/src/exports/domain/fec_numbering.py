"""Whether the numbers of a FEC's entries follow each other, as the law asks of a book."""

import re
from dataclasses import dataclass, field

from exports.domain.fec_verdict import MOST_TOLD, Verdict


@dataclass(slots=True)
class Numbering:
    """Whether numbers follow each other, over the file or within each journal; either is a continuous sequence."""

    last: int | None = None
    broken: list[tuple[int, str]] = field(default_factory=list)
    lasts: dict[str, int] = field(default_factory=dict)
    broken_in_journals: list[tuple[int, str]] = field(default_factory=list)
    words: tuple[int, str] | None = None

    def add(self, journal: str, number: str, line: int) -> None:
        """Take the next entry's number into account; a prefix before the digits is the journal's own."""
        digits = re.search(r"\d+$", number, re.ASCII)
        if digits is None:
            self.words = self.words or (line, number)
            return
        value = int(digits.group())
        if self.last is not None and value != self.last + 1:
            _note(self.broken, line, f"{number} after {self.last}")
        before = self.lasts.get(journal)
        if before is not None and value != before + 1:
            _note(self.broken_in_journals, line, f"{journal}: {number} after {before}")
        self.last, self.lasts[journal] = value, value

    def conclude(self, verdict: Verdict) -> None:
        """Tell what is broken under the reading that has fewer gaps."""
        if self.words:
            verdict.add("number_no_integer", self.words[0], "EcritureNum", self.words[1])
        if self.broken and self.broken_in_journals:
            for line, detail in min(self.broken, self.broken_in_journals, key=len):
                verdict.add("numbering", line, "EcritureNum", detail)


def _note(broken: list[tuple[int, str]], line: int, detail: str) -> None:
    """Keep a gap; a file without any numbering would have millions."""
    if len(broken) < MOST_TOLD:
        broken.append((line, detail))
