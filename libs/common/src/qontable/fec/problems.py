"""What can be said of a FEC: problems, for which it is refused, and notices, for which it is read all the same."""

from collections.abc import Iterable
from dataclasses import dataclass, field

MOST_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that keeps the file from being read: line (the header is 1), column by the law's name, what to do."""

    line: int
    column: str
    what: str
    remedy: str
    entry: str = ""

    def __str__(self) -> str:
        place = f"line {self.line}"
        if self.column:
            place += f", column {self.column}"
        if self.entry:
            place += f", entry {self.entry}"
        return f"{place}: {self.what}. {self.remedy}"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that was read in a way worth telling: how often, and where for the first time."""

    code: str
    what: str
    count: int
    line: int

    def __str__(self) -> str:
        times = f" ({self.count} times, first on line {self.line})" if self.count > 1 else f" (line {self.line})"
        return self.what + times


class FecRefused(ValueError):
    """The file cannot be read as a FEC. `problems` lists the first hundred; `count` says how many there are."""

    def __init__(self, problems: Iterable[Problem], count: int | None = None) -> None:
        self.problems = tuple(problems)
        self.count = len(self.problems) if count is None else count
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(slots=True)
class Findings:
    """What a reading of the file has found so far; memory stays small whatever the file holds."""

    problems: list[Problem] = field(default_factory=list)
    count: int = 0
    _notices: dict[str, Notice] = field(default_factory=dict)

    def refuse(self, problem: Problem) -> None:
        """Note a problem; beyond the first hundred only their number is kept."""
        self.count += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)

    def notice(self, code: str, what: str, line: int) -> None:
        """Note something once per `code`, counting its repetitions."""
        seen = self._notices.get(code)
        self._notices[code] = (
            Notice(code, seen.what, seen.count + 1, seen.line) if seen else Notice(code, what, 1, line)
        )

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Every notice so far, in the order of their first line."""
        return tuple(self._notices.values())

    def raise_if_refused(self) -> None:
        """Raise `FecRefused` when there is any problem."""
        if self.count:
            raise FecRefused(self.problems, self.count)
