"""A record as a function from what is written to a line of text, made once and called for each line.

The function holds no branch that the layout does not need: a file has a million lines.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from qontable.flatfile.forms import FORMS
from qontable.flatfile.layout import Cell, Record

T = TypeVar("T")
Source = Callable[[T], Any]
Write = Callable[[T], str]


class FieldOverflow(ValueError):
    """A value longer than its field, which nothing has shortened: writing it would shift all that follows."""

    def __init__(self, record: str, cell: str, text: str, width: int) -> None:
        self.cell = cell
        self.text = text
        self.width = width
        super().__init__(f"{record}, {cell}: {text!r} is longer than {width}")


def fixed(record: Record, sources: Mapping[str, Source[T]]) -> Callable[[T], str]:
    """A fixed-width line. Raises `KeyError` now for an unknown source; the function raises `FieldOverflow`."""
    pieces: list[Write[T]] = []
    end = 0
    for cell in sorted(record.cells, key=lambda cell: cell.at or 0):
        assert cell.at is not None and cell.width is not None
        if cell.at > end + 1:
            pieces.append(_constant(" " * (cell.at - end - 1)))
        pieces.append(_placed(record.name, cell, sources))
        end = cell.at + cell.width - 1
    if record.width is not None and record.width > end:
        pieces.append(_constant(" " * (record.width - end)))

    def line(item: T) -> str:
        return "".join([piece(item) for piece in pieces])

    return line


def delimited(
    record: Record, sources: Mapping[str, Source[T]], separator: str, *, quoting: bool = False
) -> Callable[[T], str]:
    """A line of fields between separators; with `quoting` those that need it stand between quotes (RFC 4180).

    Without it texts must hold neither separator nor quotes, unless a field is always `quoted`.
    """
    pieces = [_spelled(cell, sources) for cell in record.cells]
    always = [index for index, cell in enumerate(record.cells) if cell.quoted]
    separators = len(pieces) - 1

    def line(item: T) -> str:
        fields = [piece(item) for piece in pieces]
        for index in always:
            fields[index] = f'"{fields[index]}"'
        text = separator.join(fields)
        if quoting and (text.count(separator) != separators or '"' in text):
            return separator.join([_quoted(field, separator) for field in fields])
        return text

    return line


def fields(record: Record, sources: Mapping[str, Source[T]]) -> Callable[[T], Sequence[str]]:
    """The fields of a line, one by one, for a writer that does the rest."""
    pieces = [_spelled(cell, sources) for cell in record.cells]
    return lambda item: [piece(item) for piece in pieces]


def _quoted(text: str, separator: str) -> str:
    return '"' + text.replace('"', '""') + '"' if separator in text or '"' in text else text


def _placed(record: str, cell: Cell, sources: Mapping[str, Source[T]]) -> Write[T]:
    spelled, width, fill = _spelled(cell, sources), cell.width or 0, cell.fill
    if cell.value is None:
        return _constant(_aligned(cell, cell.text or ""))

    def left(item: T) -> str:
        text = spelled(item)
        if len(text) > width:
            raise FieldOverflow(record, cell.name, text, width)
        return text.ljust(width, fill)

    def right(item: T) -> str:
        text = spelled(item)
        if len(text) > width:
            raise FieldOverflow(record, cell.name, text, width)
        return text.rjust(width, fill)

    return right if cell.align == "right" else left


def _spelled(cell: Cell, sources: Mapping[str, Source[T]]) -> Write[T]:
    if cell.value is None:
        return _constant(cell.text or "")
    source, form, empty = sources[cell.value], FORMS[cell.form], cell.empty
    if cell.form == "text":
        return (lambda item: source(item) or empty) if empty else source

    def write(item: T) -> str:
        value = source(item)
        return empty if value is None else form(value)

    return write


def _aligned(cell: Cell, text: str) -> str:
    width = cell.width or 0
    return text.rjust(width, cell.fill) if cell.align == "right" else text.ljust(width, cell.fill)


def _constant(text: str) -> Callable[[Any], str]:
    return lambda _item: text
