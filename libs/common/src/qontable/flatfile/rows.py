"""A record as a function from what is written to a line of text, made once and called for each line.

The function holds no branch that the layout does not need, and spells nothing twice that is known: a file has a
million lines. Neighbouring fields that depend on the same thing make a stretch, which is spelled as one.
"""

from collections.abc import Callable, Container, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Generic, TypeVar, cast

from qontable.flatfile.forms import FORMS
from qontable.flatfile.layout import Cell, Record

T = TypeVar("T")
Source = Callable[[T], Any]
Write = Callable[[T], str]
Key = Callable[[T], Hashable | None]
"""What values depend on and nothing else; None where that cannot be said of this item."""

MOST_REMEMBERED = 50_000
"""Keys whose spellings are kept; beyond them all are forgotten."""
OF_FORMS = "0123456789.,/+-"
"""The characters that every form other than text spells with."""
WRITTEN = """
def written(items):
    first = items[0]
    [{common}] = [{spelled}]
    lines = []
    for item in items:
        [{keyed}] = known(item)
        lines.append({row})
    return lines
"""
"""What writes lines: lists may be empty, and strings that stand beside each other are one."""


class FieldOverflow(ValueError):
    """A value longer than its field, which nothing has shortened: writing it would shift all that follows."""

    def __init__(self, record: str, cell: str, text: str, width: int) -> None:
        self.cell = cell
        self.text = text
        self.width = width
        super().__init__(f"{record}, {cell}: {text!r} is longer than {width}")


@dataclass(frozen=True, slots=True)
class _Constant:
    """Writes the same text for whatever it is given."""

    text: str

    def __call__(self, _: Any) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Shared(Generic[T]):
    """What is known of values by their names: those that all items have in `common`, those that depend on `key`."""

    common: Container[str]
    keyed: Container[str]
    key: Key[T]


def fixed(record: Record, sources: Mapping[str, Source[T]]) -> Write[T]:
    """A fixed-width line. Raises `KeyError` now for an unknown source; the function raises `FieldOverflow`."""
    return _together([write for _, write in _places(record, sources)], "")


def delimited(record: Record, sources: Mapping[str, Source[T]], separator: str, *, quoting: bool) -> Write[T]:
    """A line of fields between separators; with `quoting` those that need it stand between quotes (RFC 4180).

    Without it texts must hold neither separator nor quotes, unless a field is always `quoted`.
    """
    return _together([_field(cell, sources, separator, quoting=quoting) for cell in record.cells], separator)


def lines(
    record: Record, sources: Mapping[str, Source[T]], separator: str | None, shared: Shared[T], *, quoting: bool
) -> Callable[[Sequence[T]], list[str]]:
    """The lines of several items: values in common are spelled once, from the first item, known ones once per key.

    Fixed width where the record is, else as `delimited`.
    """
    if record.fixed:
        return _written(_places(record, sources), shared, "")
    between = separator or ""

    def fields(*, quoting: bool) -> Callable[[Sequence[T]], list[str]]:
        pieces = [(cell, _field(cell, sources, between, quoting=quoting)) for cell in record.cells]
        return _written(pieces, shared, between)

    bare = fields(quoting=False)
    if not quoting:
        return bare
    careful = fields(quoting=True)
    separators = len(record.cells) - 1

    def written(items: Sequence[T]) -> list[str]:
        """A line without a quote, with as many separators as keep its fields apart, needs no quotes."""
        found = bare(items)
        for place, line in enumerate(found):
            if line.count(between) != separators or '"' in line:
                found[place : place + 1] = careful(items[place : place + 1])
        return found

    return written


def _written(
    pieces: Sequence[tuple[Cell | None, Write[T]]], shared: Shared[T], between: str
) -> Callable[[Sequence[T]], list[str]]:
    """Made from its text, as dataclasses make their functions: a loop over a row's places takes a sixth more time."""
    stretches = _stretches(pieces, shared, between)
    writes = {f"write_{place}": write for place, (_, write) in enumerate(stretches)}

    def of(key: Key[T] | None) -> list[int]:
        return [place for place, (depends, _) in enumerate(stretches) if depends is key]

    common, keyed = of(_in_common), of(shared.key)
    values = {place: f"text_{place}" for place in (*common, *keyed)} | {n: f"write_{n}(item)" for n in of(None)}
    text = WRITTEN.format(
        common=", ".join(f"text_{place}" for place in common),
        spelled=", ".join(f"write_{place}(first)" for place in common),
        keyed=", ".join(f"text_{place}" for place in keyed),
        row=f" {between!r} ".join(f'f"{{{values[place]}}}"' for place in range(len(stretches))),
    )
    names: dict[str, Any] = {**writes, "known": _remembering(shared.key, [stretches[place][1] for place in keyed])}
    exec(text, names)  # noqa: S102 - all of it is from here but the separator, which is quoted
    return cast("Callable[[Sequence[T]], list[str]]", names["written"])


def _stretches(
    pieces: Sequence[tuple[Cell | None, Write[T]]], shared: Shared[T], between: str
) -> list[tuple[Key[T] | None, Write[T]]]:
    """Neighbours that depend on the same thing as one, with that: nothing where items have it for themselves."""
    found: list[tuple[Key[T] | None, Write[T]]] = []
    for depends, neighbours in groupby(pieces, lambda piece: _depends(piece[0], shared)):
        writes = [write for _, write in neighbours]
        found += [(depends, _together(writes, between))] if depends else [(None, write) for write in writes]
    return found


def _in_common(_: Any) -> None:
    """The key of constants and of values in common: nothing of one item's own."""


def _depends(cell: Cell | None, shared: Shared[T]) -> Key[T] | None:
    if cell is None or cell.value is None or cell.value in shared.common:
        return _in_common
    return shared.key if cell.value in shared.keyed else None


def _together(writes: Sequence[Write[T]], between: str) -> Write[T]:
    """Several fields as one; whatever never changes is put in place now."""
    if len(writes) == 1:
        return writes[0]
    template = between.replace("%", "%%").join(
        write.text.replace("%", "%%") if isinstance(write, _Constant) else "%s" for write in writes
    )
    changing = [write for write in writes if not isinstance(write, _Constant)]
    if not changing:
        return _Constant(template % ())
    return lambda item: template % tuple([write(item) for write in changing])


def _remembering(key: Key[T], writes: Sequence[Write[T]]) -> Callable[[T], Sequence[str]]:
    """All that depends on the key, spelled once for each."""
    remembered: dict[Hashable, Sequence[str]] = {}

    def texts(item: T) -> Sequence[str]:
        about = key(item)
        if about is None:
            return [write(item) for write in writes]
        found = remembered.get(about)
        if found is None:
            if len(remembered) >= MOST_REMEMBERED:
                remembered.clear()
            found = remembered[about] = [write(item) for write in writes]
        return found

    return texts


def _places(record: Record, sources: Mapping[str, Source[T]]) -> list[tuple[Cell | None, Write[T]]]:
    """Every field of a fixed-width record and the blanks between them, in order."""
    places: list[tuple[Cell | None, Write[T]]] = []
    end = 0
    for cell in sorted(record.cells, key=lambda cell: cell.at or 0):
        at, width = cell.at or 0, cell.width or 0
        if at > end + 1:
            places.append((None, _Constant(" " * (at - end - 1))))
        places.append((cell, _placed(record.name, cell, sources)))
        end = at + width - 1
    if record.width is not None and record.width > end:
        places.append((None, _Constant(" " * (record.width - end))))
    return places


def _placed(record: str, cell: Cell, sources: Mapping[str, Source[T]]) -> Write[T]:
    """A field of a fixed-width record. What is spelled as it is has a way of its own: one call less."""
    width, fill, empty = cell.width or 0, cell.fill, cell.empty
    align = str.rjust if cell.align == "right" else str.ljust
    if cell.value is None:
        return _Constant(align(cell.text or "", width, fill))
    source, form = sources[cell.value], FORMS[cell.form]

    def text_placed(item: T) -> str:
        text = source(item) or empty
        if len(text) > width:
            raise FieldOverflow(record, cell.name, text, width)
        return align(text, width, fill)

    def placed(item: T) -> str:
        value = source(item)
        text = empty if value is None else form(value)
        if len(text) > width:
            raise FieldOverflow(record, cell.name, text, width)
        return align(text, width, fill)

    return text_placed if cell.form == "text" else placed


def _field(cell: Cell, sources: Mapping[str, Source[T]], separator: str, *, quoting: bool) -> Write[T]:
    """A field of a delimited record, between quotes where it always stands or needs them."""
    spelled = _spelled(cell, sources)
    if isinstance(spelled, _Constant):
        return _Constant(f'"{spelled.text}"' if cell.quoted else spelled.text)
    if cell.quoted:
        return lambda item: f'"{spelled(item)}"'
    if not quoting or (cell.form != "text" and separator not in OF_FORMS):
        return spelled

    def quoted(item: T) -> str:
        text = spelled(item)
        return '"' + text.replace('"', '""') + '"' if separator in text or '"' in text else text

    return quoted


def _spelled(cell: Cell, sources: Mapping[str, Source[T]]) -> Write[T]:
    if cell.value is None:
        return _Constant(cell.text or "")
    source, form, empty = sources[cell.value], FORMS[cell.form], cell.empty
    if cell.form == "text":
        return (lambda item: source(item) or empty) if empty else source

    def write(item: T) -> str:
        value = source(item)
        return empty if value is None else form(value)

    return write
