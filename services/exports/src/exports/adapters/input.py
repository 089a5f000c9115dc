"""The file that is exported, whatever it is: a FEC, or validated entries one a line; the journal map beside it."""

from dataclasses import dataclass, field
from pathlib import Path

from exports.adapters.event_book import event_book
from exports.adapters.fec_book import fec_book
from exports.domain.book import Book


class JournalMapRefused(ValueError):
    """A line of the journal map that cannot be read; the message names it."""


@dataclass(frozen=True, slots=True)
class JournalMap:
    """The software's journal codes by ours, and the line that names each."""

    codes: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)


def read_book(path: Path) -> Book:
    """The book in a file. Raises `qontable.fec.FecRefused`, `OSError`."""
    with path.open("rb") as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    return event_book(path) if start.startswith(b"{") else fec_book(path)


def read_journal_map(path: Path) -> JournalMap:
    """A journal map: a line per journal, `ACH=AC`; `#` starts a remark.

    Raises `JournalMapRefused`, `OSError`.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise JournalMapRefused(f"{path.name} is not UTF-8 text: save it again as UTF-8") from None
    journals = JournalMap()
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split("#", 1)[0].strip()
        if not words:
            continue
        ours, equals, theirs = (word.strip() for word in words.partition("="))
        if not (ours and equals and theirs):
            raise JournalMapRefused(f"{path.name}, line {number}: write a line per journal, such as ACH=AC")
        first = journals.codes.setdefault(ours, theirs)
        if first != theirs:
            raise JournalMapRefused(f"{path.name}, line {number}: {ours} has two codes, {first} and {theirs}")
        journals.lines.setdefault(ours, number)
    return journals
