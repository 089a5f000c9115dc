"""Progress for people: a moving bar in a terminal, plain lines elsewhere, always beside what a program may read."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

LINE_EVERY_SECONDS = 5.0


class Lines:
    """Progress as lines, for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = 0.0

    def step(self, text: str) -> None:
        """Something is done."""
        self._console.print(f"· {text}", markup=False, highlight=False, soft_wrap=True)

    def count(self, text: str, done: int, total: int) -> None:
        """So many of so many, now and then."""
        if monotonic() - self._last > LINE_EVERY_SECONDS:
            self._last = monotonic()
            self.step(f"{text} {done} of {total}")


class Bars:
    """Progress as bars below the lines, for a terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}

    def step(self, text: str) -> None:
        """Something is done."""
        self._progress.console.print(f"[green]✓[/green] {escape(text)}", highlight=False)

    def count(self, text: str, done: int, total: int) -> None:
        """So many of so many are done."""
        if text not in self._bars:
            self._bars[text] = self._progress.add_task(text, total=total)
        self._progress.update(self._bars[text], completed=done, total=total)


@contextmanager
def watching() -> Iterator[Lines | Bars]:
    """Progress on the error stream for as long as the block runs."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Lines(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bars(progress)
