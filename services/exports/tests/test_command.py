"""`qontable exports` as people run it, and what it writes."""

import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from exports.adapters import output
from exports.adapters.input import read_book
from exports.app.export import Order, export
from exports.entrypoints.command import app
from exports.formats.registry import SOFTWARES, descriptions, format_of

from .faulty_fecs import GOOD, NAME
from .ordering import EVENT, MAP, write
from .sample import PARAMETERS


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / NAME
    path.write_text(GOOD, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", descriptions())
def test_one_book_in_every_format(name: str, book: Path, tmp_path: Path) -> None:
    (tmp_path / "map").write_text(MAP)
    result = write(book, tmp_path / "out", "--format", name, "--journal-map", tmp_path / "map")
    assert result.exit_code == 0, result.stdout
    report = json.loads((tmp_path / "out" / "report.json").read_bytes())
    assert (report["entries"], report["lines"], report["debit"]) == (2, 4, "150.00")
    assert (tmp_path / "out" / report["file"]).stat().st_size > 100


@pytest.mark.parametrize("software", SOFTWARES)
def test_the_name_of_a_software_leads_to_its_first_format(software: str, book: Path, tmp_path: Path) -> None:
    (tmp_path / "map").write_text(MAP)
    result = write(book, tmp_path / "out", "--software", software, "--journal-map", tmp_path / "map", "--json")
    assert (result.exit_code, json.loads(result.stdout)["format"]) == (0, SOFTWARES[software][0])


def test_the_same_input_gives_the_same_bytes(book: Path, tmp_path: Path) -> None:
    for name in ("tra", "xlsx"):
        found = []
        for out in (tmp_path / "one", tmp_path / "two"):
            write(book, out, "--format", name, "--exported-on", "2026-03-31")
            found.append((out / format_of(name).file_name).read_bytes())
        assert found[0] == found[1]


def test_events_are_taken_as_well(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text(json.dumps(EVENT) + "\n")
    result = write(events, tmp_path / "out", "--format", "csv")
    assert result.exit_code == 0, result.stdout
    assert "401O" in (tmp_path / "out" / "ecritures.csv").read_text("utf-8-sig")


def test_only_the_entries_of_the_period_are_written(book: Path, tmp_path: Path) -> None:
    result = write(book, tmp_path / "out", "--format", "csv", "--from", "2026-03-16", "--json")
    assert json.loads(result.stdout)["entries"] == 1


def test_a_journal_map_may_name_journals_that_the_book_lacks_and_the_report_says_so(book: Path, tmp_path: Path) -> None:
    (tmp_path / "map").write_text("# ours\n" + MAP + "BAN=BQ\n")
    words = ("--format", "csv", "--journal-map", tmp_path / "map", "--to", "2026-03-15")
    result = write(book, tmp_path / "out", *words)
    assert (result.exit_code, result.stdout.count("names journal")) == (0, 1)
    assert "line 4, names journal BAN" in result.stdout
    assert write(book, tmp_path / "out", *words, "--strict").exit_code == 1


def test_documents_go_into_one_archive_under_the_names_that_the_file_says(tmp_path: Path) -> None:
    columns = [
        line + end
        for line, end in zip(
            GOOD.splitlines(), ["|PieceJointe", *["|Facture é 1.pdf"] * 2, *["|absent.pdf"] * 2], strict=True
        )
    ]
    book = tmp_path / NAME
    book.write_text("\n".join(columns) + "\n", encoding="utf-8")
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "Facture é 1.pdf").write_bytes(b"%PDF-1.7 one")
    result = write(book, tmp_path / "out", "--format", "tra", "--documents", documents)
    assert (result.exit_code, "absent.pdf" in result.stdout) == (0, True)
    with zipfile.ZipFile(tmp_path / "out" / "ecritures.zip") as archive:
        assert archive.namelist() == ["ecritures.TRA", "F1.pdf"]
        assert archive.read("F1.pdf") == b"%PDF-1.7 one"
        linked = [
            line[83:] for line in archive.read("ecritures.TRA").decode("cp1252").splitlines() if line[30:31] == "G"
        ]
    assert linked == ["F1.pdf"]


def test_what_a_killed_export_left_is_removed_by_the_next(book: Path, tmp_path: Path) -> None:
    left = tmp_path / "out" / f"{output.HIDDEN}csv"
    left.mkdir(parents=True)
    (left / "half").write_text("half a file")
    assert write(book, tmp_path / "out", "--format", "csv").exit_code == 0
    assert not left.exists()


def test_an_export_that_is_broken_off_leaves_no_half_file(book: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(read_book(book), Order(format_of("csv"), PARAMETERS, out), stop)
    assert list(out.iterdir()) == []


def test_too_many_lines_for_the_software_stop_the_export(book: Path, tmp_path: Path) -> None:
    few = format_of("csv").model_copy(update={"max_lines": 3})
    done = export(read_book(book), Order(few, PARAMETERS, tmp_path))
    assert list(done.report.findings.counts) == ["too_many_lines"]


def test_formats_lists_every_format(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["formats", "--json"])
    assert {row["name"] for row in json.loads(result.stdout)} == set(descriptions())
