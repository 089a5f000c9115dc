"""An export that is cancelled or killed, or runs out of room, leaves no half file and can be taken up again."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from exports.adapters.output import HIDDEN, OutputRefused, unfinished

from .faulty_fecs import HEAD, NAME

ENTRIES = 8_000
COMMAND = "from qontable.command import main; main()"
HEARS_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
"""Tests that a shell runs in its background ignore SIGINT, and so would the processes that they start."""
ROOM = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)); "
"""A process that may write files of so many bytes finds its disk full where others do not."""
SECONDS = 60


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A FEC that takes a while to write."""
    path = tmp_path_factory.mktemp("book") / NAME
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{HEAD}\n")
        for number in range(1, ENTRIES + 1):
            amount, piece = f"{number},00", f"F{number}|20260315|ORANGE {number}"
            file.write(f"AC|Achats|{number}|20260315|606100|Fournitures|||{piece}|{amount}|0,00|||20260331||\n")
            file.write(f"AC|Achats|{number}|20260315|401000|Fournisseurs|401O|O|{piece}|0,00|{amount}|||20260331||\n")
    return path


def words(book: Path, out: Path, format_: str) -> list[str]:
    order = ["exports", "write", "--input", str(book), "--out", str(out), "--format", format_]
    return [*order, "--exported-on", "2026-03-31"]


def run(book: Path, out: Path, format_: str, before: str = "") -> subprocess.CompletedProcess[str]:
    order = [sys.executable, "-c", before + COMMAND, *words(book, out, format_)]
    return subprocess.run(order, capture_output=True, text=True, check=False, timeout=SECONDS)


@contextmanager
def writing(book: Path, out: Path, format_: str) -> Iterator[subprocess.Popen[str]]:
    """An export that is in the middle of its file."""
    order = [sys.executable, "-c", HEARS_CTRL_C + COMMAND, *words(book, out, format_)]
    process = subprocess.Popen(order, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        until = time.monotonic() + SECONDS
        while not any(path.stat().st_size for path in (out / f"{HIDDEN}{format_}").glob("*")):
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < until
        yield process
    finally:
        process.kill()
        process.communicate()


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("pressed", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("format_", ["tra", "xlsx"])
def test_a_cancelled_export_says_so_and_leaves_nothing(
    format_: str, pressed: signal.Signals, book: Path, tmp_path: Path
) -> None:
    with writing(book, tmp_path, format_) as process:
        process.send_signal(pressed)
        _, told = process.communicate(timeout=SECONDS)
    assert (process.returncode, told) == (130, "stopped: no file is half written, and the same command begins again\n")
    assert files(tmp_path) == {}


def test_a_killed_export_shows_no_file_and_the_same_command_writes_what_it_would_have(
    book: Path, tmp_path: Path
) -> None:
    undisturbed, out = tmp_path / "undisturbed", tmp_path / "out"
    for folder in (undisturbed, out):
        folder.mkdir()
    with writing(book, out, "tra") as process:
        process.kill()
        process.wait(SECONDS)
    assert process.returncode == -signal.SIGKILL
    assert [path.name for path in out.iterdir()] == [f"{HIDDEN}tra"]
    assert run(book, out, "tra").returncode == 0
    assert run(book, undisturbed, "tra").returncode == 0
    assert files(out) == files(undisturbed)


def test_a_second_export_of_the_same_format_waits_its_turn(book: Path, tmp_path: Path) -> None:
    with writing(book, tmp_path, "tra"):
        with pytest.raises(OutputRefused, match="another export, tra, is being written"), unfinished(tmp_path, "tra"):
            pytest.fail("two exports write into one folder")
        with unfinished(tmp_path, "csv"):
            pass


@pytest.mark.parametrize("format_", ["tra", "ebp", "xlsx"])
def test_where_there_is_no_room_nothing_is_left_and_the_folder_is_named(
    format_: str, book: Path, tmp_path: Path
) -> None:
    done = run(book, tmp_path, format_, ROOM)
    assert (done.returncode, done.stderr) == (1, f"{tmp_path}: File too large\n")
    assert files(tmp_path) == {}


def test_who_watches_sees_how_far_it_is(book: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    order = [sys.executable, "-c", COMMAND, *words(book, tmp_path, "tra")]
    seen = bytearray()
    with subprocess.Popen(order, stdout=subprocess.PIPE, stderr=theirs, env=os.environ | {"TERM": "xterm"}) as process:
        os.close(theirs)
        while True:
            try:
                seen += os.read(ours, 4_096)
            except OSError:  # a terminal that the last process has left
                break
    os.close(ours)
    assert process.returncode == 0
    told = seen.decode()
    assert f"reading {NAME}" in told
    assert f"/{ENTRIES}" in told
