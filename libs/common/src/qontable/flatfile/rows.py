"""A record as a function from what is written to a line of text, made once and called for each line.

The function holds no branch that the layout does not need: a file has a million lines.
"""

from collections.abc import Callable, Container, Mapping, Sequence
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
    pieces = _places(record, sources)
    return lambda item: "".join([piece(item) for _, piece in pieces])


def delimited(record: Record, sources: Mapping[str, Source[T]], separator: str, *, quoting: bool) -> Callable[[T], str]:
    """A line of fields between separators; with `quoting` those that need it stand between quotes (RFC 4180).

    Without it texts must hold neither separator nor quotes, unless a field is always `quoted`.
    """
    pieces = [_spelled(cell, sources) for cell in record.cells]
    join = _joined(record, separator, quoting=quoting)
    return lambda item: join([piece(item) for piece in pieces])


def lines(
    record: Record, sources: Mapping[str, Source[T]], separator: str | None, shared: Container[str], *, quoting: bool
) -> Callable[[Sequence[T]], list[str]]:
    """The lines of several items that have the values `shared` in common: these are spelled once, from the first item.

    Fixed width where the record is, else as `delimited`.
    """
    pieces: list[tuple[Cell | None, Write[T]]]
    join: Callable[[list[str]], str]
    if record.fixed:
        pieces, join = _places(record, sources), "".join
    else:
        pieces = [(cell, _spelled(cell, sources)) for cell in record.cells]
        join = _joined(record, separator or "", quoting=quoting)
    own = [
        (index, piece)
        for index, (cell, piece) in enumerate(pieces)
        if cell is not None and cell.value is not None and cell.value not in shared
    ]

    def written(items: Sequence[T]) -> list[str]:
        first = items[0]
        row = [piece(first) for _, piece in pieces]
        found = [join(row)]
        for item in items[1:]:
            for index, piece in own:
                row[index] = piece(item)
            found.append(join(row))
        return found

    return written


def _places(record: Record, sources: Mapping[str, Source[T]]) -> list[tuple[Cell | None, Write[T]]]:
    """Every field of a fixed-width record and the blanks between them, in order."""
    places: list[tuple[Cell | None, Write[T]]] = []
    end = 0
    for cell in sorted(record.cells, key=lambda cell: cell.at or 0):
        at, width = cell.at or 0, cell.width or 0
        if at > end + 1:
            places.append((None, _constant(" " * (at - end - 1))))
        places.append((cell, _placed(record.name, cell, sources)))
        end = at + width - 1
    if record.width is not None and record.width > end:
        places.append((None, _constant(" " * (record.width - end))))
    return places


def _joined(record: Record, separator: str, *, quoting: bool) -> Callable[[list[str]], str]:
    always = [index for index, cell in enumerate(record.cells) if cell.quoted]
    separators = len(record.cells) - 1

    def join_quoted(fields: list[str]) -> str:
        text = separator.join(fields)
        if text.count(separator) != separators or '"' in text:
            return separator.join([_quoted(field, separator) for field in fields])
        return text

    def join_always(fields: list[str]) -> str:
        return separator.join([f'"{field}"' if index in always else field for index, field in enumerate(fields)])

    if always:
        return join_always
    return join_quoted if quoting else separator.join


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
