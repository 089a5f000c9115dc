"""Where an export is written: a hidden folder that takes the finished files' place in one step each, or goes.

Nothing that can be mistaken for a whole export is ever visible: a killed export leaves its hidden folder, which the
next one of the same name removes.
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from qontable.flatfile.charset import Charset

BUFFER = 1 << 18
HIDDEN = ".unfinished-"


class OutputRefused(OSError):
    """The folder cannot be written to; the message says which and why."""


@contextmanager
def unfinished(folder: Path, name: str) -> Iterator[Path]:
    """A hidden folder to write in, beside the files to come. It goes, whatever happens. Raises `OutputRefused`."""
    hidden = folder / f"{HIDDEN}{name}"
    if not folder.is_dir():
        raise OutputRefused(f"{folder} is no folder: make it first, or name another with --out")
    try:
        shutil.rmtree(hidden, ignore_errors=True)
        hidden.mkdir()
    except OSError as error:
        raise OutputRefused(f"{folder} cannot be written to: {error.strerror}") from error
    try:
        yield hidden
    except OSError as error:
        raise OutputRefused(f"{folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def publish(hidden: Path, folder: Path) -> tuple[Path, ...]:
    """Give the finished files their place, the report last: where it is, all are."""
    files = sorted(hidden.iterdir(), key=lambda path: path.name.startswith("report"))
    for path in files:
        path.replace(folder / path.name)
    return tuple(folder / path.name for path in files)


def write_lines(path: Path, groups: Iterable[Iterable[str]], charset: Charset, end: str) -> None:
    """Write groups of lines, such as those of an entry; the byte order mark first where the encoding has one."""
    with path.open("wb", buffering=BUFFER) as file:
        if charset.mark:
            file.write("\ufeff".encode(charset.codec))
        for lines in groups:
            file.write(charset.encode("".join([line + end for line in lines])))


def append(path: Path, other: Path) -> None:
    """Put the bytes of one file behind those of another."""
    with path.open("ab") as target, other.open("rb") as source:
        shutil.copyfileobj(source, target, 1 << 20)
