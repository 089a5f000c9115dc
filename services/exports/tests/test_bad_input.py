"""Bad input of every kind: one clear line that says where, the exit status for it, and nothing half written."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from exports.app.export import Order, export
from exports.domain.book import Book, BookEntry
from exports.formats.registry import format_of

from .faulty_fecs import GOOD, HEAD, NAME
from .ordering import EVENT, MAP, run, write
from .sample import ENTRY, LINES, PARAMETERS, exported, written

ONE_EVENT = json.dumps(EVENT) + "\n"
CSV = ("--format", "csv")
MAPPED = (*CSV, "--journal-map", "map")
REFUSED, WRONG_USAGE = 1, 2
ACCENTED = GOOD.replace("Prestations", "Prestations étudiées")
MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Case:
    """What is given, and what has to be said. `map` is the journal map."""

    given: str | bytes
    said: str
    words: tuple[str, ...] = CSV
    status: int = REFUSED
    map: str | bytes = MAP


CASES = {
    "neither FEC nor events": Case("hello\nworld\n", "line 1: this is no FEC"),
    "empty": Case("", "line 1: the file is empty"),
    "a picture": Case(b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "line 5: the bytes of this line are neither UTF-8 nor"),
    "other JSON than events": Case('{"a": 1}\n', "line 1, column firm_id: Field required"),
    "mixed, an event in a FEC": Case(GOOD + ONE_EVENT, "line 6: the line has 1 fields and the header 18"),
    "mixed, a line of a FEC among events": Case(ONE_EVENT + GOOD.splitlines()[1], "line 2: the line is not JSON"),
    "truncated in a line of a FEC": Case(GOOD[:-30], "line 5: the line has 12 fields and the header 18"),
    "truncated in an entry of a FEC": Case(
        "\n".join(GOOD.splitlines()[:-1]), "line 4, entry VTE/2: the entry does not"
    ),
    "truncated after the head of a FEC": Case(f"{HEAD}\n", "line 1: the file holds a header and no line"),
    "truncated in an event": Case(ONE_EVENT + ONE_EVENT[:40], "line 2: the line is not JSON"),
    "wrong encoding declared by a byte order mark": Case(
        MARK + ACCENTED.encode("cp1252"),
        "line 5: the file's byte order mark says that it is UTF-8, and this line is not",
    ),
    "UTF-16": Case(GOOD.encode("utf-16-le"), "line 1: the file is in UTF-16, which the law does not allow"),
    "events in another encoding than JSON's": Case(
        ONE_EVENT.encode() + ONE_EVENT.replace("ORANGE", "ÉTÉ").encode("cp1252"), "line 2: the line is not UTF-8 text"
    ),
    "entry without lines": Case(json.dumps(EVENT | {"lines": []}), "line 1, column lines: The entry has no line"),
    "unknown format suggests the nearest": Case(
        GOOD, "did you mean quadra-ascii?", ("--format", "quadra-asci"), WRONG_USAGE
    ),
    "unknown software suggests the nearest": Case(GOOD, "did you mean agiris?", ("--software", "agris"), WRONG_USAGE),
    "format and software": Case(GOOD, "give either", ("--format", "csv", "--software", "ebp"), WRONG_USAGE),
    "no SIREN": Case(GOOD, "say --siren", ("--format", "fec"), WRONG_USAGE),
    "no fiscal year": Case(GOOD, "say --year-end", ("--format", "fec", "--siren", "123456789"), WRONG_USAGE),
    "a folder number that is too long": Case(
        GOOD,
        "Folder number DOSSIER42 has 9 characters; the software takes 8",
        ("--format", "isacompta", "--journal-map", "map", "--folder", "DOSSIER42", "--year-end", "2026-12-31"),
    ),
    "journal map with half a line": Case(GOOD, "map, line 2: write a line per journal", MAPPED, map="# ours\nACH\n"),
    "journal map with two codes for a journal": Case(
        GOOD, "map, line 2: ACH has two codes, AC and AB", MAPPED, map="ACH=AC\nACH=AB\n"
    ),
    "journal map in another encoding": Case(GOOD, "map is not UTF-8 text", MAPPED, map=b"ACH=\xc9\n"),
    "journal map with unknown codes": Case(
        GOOD, "line 3, names journal BNQ, which has no entry", (*MAPPED, "--strict"), map=f"{MAP}BNQ=BQ\n"
    ),
    "journal map with colliding codes": Case(
        GOOD, "VTE/2: Journals VTE and ACH would both become OD", MAPPED, map="ACH=OD\nVTE=OD\n"
    ),
    "journal map with codes that are too long": Case(
        GOOD,
        "Journal ACH would be written ACHA, which has 4",
        ("--format", "tra", "--journal-map", "map"),
        map="ACH=ACHA",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_said_in_words_and_nothing_is_written(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[name]
    monkeypatch.chdir(tmp_path)
    for path, content in (("in.txt", case.given), ("map", case.map)):
        Path(path).write_bytes(content if isinstance(content, bytes) else content.encode())
    result = write(Path("in.txt"), Path("out"), *case.words)
    told = " ".join((result.stdout + result.stderr).replace("│", " ").split())
    assert (result.exit_code, case.said in told) == (case.status, True), told
    assert not [path for path in Path("out").iterdir() if not path.name.startswith("report.")]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / NAME
    path.write_text(GOOD, encoding="utf-8")
    return path


def test_out_directory_missing(book: Path, tmp_path: Path) -> None:
    result = run("--input", book, "--out", tmp_path / "none", *CSV)
    assert (result.exit_code, "make it first" in result.stderr) == (WRONG_USAGE, True)


MOUNTED = 'mount -t tmpfs -o "$1" tmpfs "$2"; cd "$2"; shift 2; set +e; "$@"; status=$?; ls -A; exit $status'
"""Runs a command with a file system of its own at a folder, which is gone with it; then lists what is there."""


def on_a_mounted_disk(options: str, folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """The command with `folder` being a file system of its own. Needs user namespaces; skips where there are none."""
    inside = ["unshare", "--map-root-user", "--mount"]
    try:
        subprocess.run([*inside, "mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system can be mounted here ({error}); test_stopped.py limits the size of files instead")
    order = [sys.executable, "-c", "from qontable.command import main; main()", "exports", "write", *map(str, words)]
    command = [*inside, "sh", "-ec", MOUNTED, "sh", options, str(folder), *order]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_out_directory_read_only(book: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    done = on_a_mounted_disk("ro", out, "--input", book, "--out", out, *CSV)
    assert (done.returncode, done.stdout) == (REFUSED, "")
    assert done.stderr == f"{out} cannot be written to: Read-only file system\n"


@pytest.mark.parametrize("format_", ["tra", "ebp", "xlsx"])
def test_out_directory_full(format_: str, tmp_path: Path) -> None:
    book, out = tmp_path / NAME, tmp_path / "out"
    out.mkdir()
    body = GOOD.removeprefix(f"{HEAD}\n")
    book.write_text(
        f"{HEAD}\n" + "".join(body.replace("|1|2", f"|{n}1|2").replace("|2|2", f"|{n}2|2") for n in range(999))
    )
    (tmp_path / "map").write_text(MAP)
    words = ("--input", book, "--out", out, "--format", format_, "--journal-map", tmp_path / "map")
    done = on_a_mounted_disk("size=64k", out, *words)
    assert (done.returncode, done.stdout) == (REFUSED, "")
    assert done.stderr == f"{out}: No space left on device\n"


def test_document_folder_lacking_files(tmp_path: Path) -> None:
    heads = (f"{line}|{'PieceJointe' if line == HEAD else 'absent.pdf'}" for line in GOOD.splitlines())
    book, documents = tmp_path / NAME, tmp_path / "documents"
    book.write_text("\n".join((*heads, "")), encoding="utf-8")
    documents.mkdir()
    words = (*CSV, "--documents", documents)
    result = write(book, tmp_path / "out", *words)
    assert result.exit_code == 0
    assert result.stdout.count("Document absent.pdf is not in the folder given") == 2
    assert "absent.pdf" not in (tmp_path / "out" / "ecritures.csv").read_text("utf-8-sig"), "it names what is not there"
    assert write(book, tmp_path / "strict", *words, "--strict").exit_code == REFUSED
    assert not (tmp_path / "strict" / "ecritures.csv").exists()


ACCOUNTS = 60_000


@pytest.mark.parametrize("format_", ["ebp", "quadra-ascii", "tra"])
def test_60_000_different_accounts(format_: str, tmp_path: Path) -> None:
    def entries() -> Iterator[BookEntry]:
        for number in range(0, ACCOUNTS, 2):
            supplier = LINES[2]._replace(subsidiary=f"401{number:05}", subsidiary_label=f"ORANGE {number}")
            charge = LINES[0]._replace(account=f"6{number + 1:05}", debit=supplier.credit)
            yield replace(ENTRY, journal="AC", lines=(charge, supplier), documents=())

    order = Order(format_of(format_), PARAMETERS, tmp_path)
    done = export(Book("many", "123456789", entries, ACCOUNTS // 2), order)
    assert (done.report.stopped, done.report.totals.lines) == (False, ACCOUNTS), list(done.report.findings.counts)
    content = (tmp_path / "COMPTES.TXT").read_bytes() if format_ == "ebp" else written(tmp_path, format_)
    assert {*re.findall(rb"401\d{5}", content)} >= {f"401{number:05}".encode() for number in range(0, ACCOUNTS, 2)}


@pytest.mark.parametrize(
    ("format_", "sent"), [("tra", "??"), ("cegid-csv", "??"), ("sage100-tag", "??"), ("fec", "漢字")]
)
def test_label_entirely_of_characters_the_encoding_lacks(format_: str, sent: str, tmp_path: Path) -> None:
    entry = replace(ENTRY, lines=tuple(line._replace(label="漢字") for line in LINES), documents=())
    findings = exported(tmp_path, format_, entry).report.findings
    assert written(tmp_path, format_).decode(format_of(format_).encoding).count(sent) >= len(LINES)
    assert findings.counts == ({} if sent == "漢字" else {"text_lost": len(LINES)})
