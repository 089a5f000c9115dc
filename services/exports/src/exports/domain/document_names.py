"""What documents are called beside an import file: ASCII, without blanks, unique, always the same for the same book.

A format says how long a name may be (facts, section 21, rule 6). One that numbers them calls the first `00000001.pdf`.
"""

import re
from pathlib import PurePosixPath

from exports.domain.book import BookEntry
from exports.domain.description import DocumentRules
from qontable.flatfile.charset import Charset

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_ASCII = Charset("ascii")


class DocumentNames:
    """Gives each document of an export its name. Stateful: names are unique within one archive.

    `file_name` is what the import file itself is called, braces included: no document takes that name.
    """

    def __init__(self, rules: DocumentRules, file_name: str) -> None:
        self._rules = rules
        self._file = re.compile(re.sub(r"\\\{\w+\\\}", "[0-9]*", re.escape(file_name)), re.IGNORECASE)
        self._taken: set[str] = set()

    def name(self, entry: BookEntry, number: int, index: int) -> str:
        """The name of the entry's document at `index`; `number` is the entry's number in the file."""
        source = PurePosixPath(entry.documents[index].name.replace("\\", "/")).name
        suffix = _safe(PurePosixPath(source).suffix.lower())[: self._rules.name_max - 1]
        stem = _stem(
            entry, source, number, index, numbered=self._rules.numbered, room=self._rules.name_max - len(suffix)
        )
        return self._unique(stem, suffix)

    def _unique(self, stem: str, suffix: str) -> str:
        room = self._rules.name_max - len(suffix)
        name, again = stem[:room] + suffix, 1
        while name.casefold() in self._taken or self._file.fullmatch(name):
            again += 1
            mark = f"-{again}"
            name = stem[: room - len(mark)] + mark + suffix
        self._taken.add(name.casefold())
        return name


def _stem(entry: BookEntry, source: str, number: int, index: int, *, numbered: bool, room: int) -> str:
    if numbered and not index:
        return f"{number:0{room}d}"
    if entry.reference and not index:
        return _safe(entry.reference) or f"{number}"
    return _safe(PurePosixPath(source).stem) or f"{number}-{index + 1}"


def _safe(text: str) -> str:
    return _UNSAFE.sub("_", _ASCII.fit(text).replace("?", "_")).strip("_")
