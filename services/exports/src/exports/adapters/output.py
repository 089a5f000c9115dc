"""Where an export is written: a hidden folder that takes the finished files' place in one step each, or goes.

Nothing that can be mistaken for a whole export is ever visible: a killed export leaves its hidden folder, which the
next one of the same name empties and begins again.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from qontable.flatfile.charset import Charset

BUFFER = 1 << 18
HIDDEN = ".unfinished-"
REPORT = "report."


class OutputRefused(OSError):
    """The folder cannot be written to; the message says which and why."""


@contextmanager
def unfinished(folder: Path, name: str) -> Iterator[Path]:
    """A hidden folder to write in, beside the files to come. It goes, whatever happens. Raises `OutputRefused`.

    It is locked for as long as this process lives: what is found in it unlocked is of one that was killed.
    """
    hidden = folder / f"{HIDDEN}{name}"
    if not folder.is_dir():
        raise OutputRefused(f"{folder} is no folder: make it first, or name another with --out")
    try:
        hidden.mkdir(exist_ok=True)
        held = os.open(hidden, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise OutputRefused(f"{folder} cannot be written to: {error.strerror}") from error
    try:
        _lock(held, folder, name)
        try:
            empty(hidden)
            yield hidden
        except OSError as error:
            raise OutputRefused(f"{folder}: {error.strerror or error}") from error
        finally:
            shutil.rmtree(hidden, ignore_errors=True)
    finally:
        os.close(held)


def publish(hidden: Path, folder: Path) -> tuple[Path, ...]:
    """Give finished files their place. An earlier report goes first, the new one comes last: where it is, all are."""
    files = sorted(hidden.iterdir(), key=_is_report)
    for path in filter(_is_report, files):
        (folder / path.name).unlink(missing_ok=True)
    for path in files:
        path.replace(folder / path.name)
    return tuple(folder / path.name for path in files)


def empty(folder: Path) -> None:
    """Remove every file in it."""
    for path in folder.iterdir():
        path.unlink()


def _lock(held: int, folder: Path, name: str) -> None:
    try:
        flock(held, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        what = f"another export, {name}, is being written to {folder}: wait for it, or name another folder with --out"
        raise OutputRefused(what) from None


def _is_report(path: Path) -> bool:
    return path.name.startswith(REPORT)


def write_lines(path: Path, groups: Iterable[Iterable[str]], charset: Charset, end: str) -> None:
    """Write groups of lines, such as those of an entry; the byte order mark first where the encoding has one."""
    with path.open("wb", buffering=BUFFER) as file:
        if charset.mark:
            file.write("\ufeff".encode(charset.codec))
        for lines in groups:
            if together := list(lines):
                file.write(charset.encode(end.join(together) + end))


def append(path: Path, other: Path) -> None:
    """Put the bytes of one file behind those of another."""
    with path.open("ab") as target, other.open("rb") as source:
        shutil.copyfileobj(source, target, 1 << 20)
