"""Documents beside an import file: each under its own name, in one archive, and what is not right about one told."""

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from exports.app.export import Done, Order, export
from exports.domain.book import BookDocument, BookEntry
from exports.formats.registry import format_of

from .sample import ENTRY, PARAMETERS, book_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "documents"
    path.mkdir()
    return path


def attached(tmp_path: Path, folder: Path, format_: str, *entries: BookEntry, **limits: int) -> Done:
    """An export with documents, some of the format's limits being others."""
    description = format_of(format_)
    assert description.documents
    rules = description.documents.model_copy(update=limits)
    out = tmp_path / "out"
    out.mkdir()
    order = Order(description.model_copy(update={"documents": rules}), PARAMETERS, out, documents=folder)
    return export(book_of(*entries), order)


def with_documents(*names: str, **other: str) -> BookEntry:
    return replace(ENTRY, documents=tuple(map(BookDocument, names)), **other)


def test_one_that_is_larger_than_a_software_takes_is_told_and_goes_along(tmp_path: Path, folder: Path) -> None:
    (folder / "a.pdf").write_bytes(bytes(11))
    done = attached(tmp_path, folder, "tra", with_documents("a.pdf"), size_told=10)
    assert done.report.findings.counts == {"document_large": 1}
    assert zipfile.ZipFile(tmp_path / "out" / "ecritures.zip").getinfo("F2026-0042.pdf").file_size == 11


def test_the_one_that_the_archive_cannot_hold_is_left_out_and_not_linked(tmp_path: Path, folder: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        (folder / name).write_bytes(bytes(600))
    entries = [with_documents(name, invoice_number=name) for name in ("a.pdf", "b.pdf")]
    done = attached(tmp_path, folder, "tra", *entries, archive_max=1_000)
    assert done.report.findings.counts == {"document_too_large": 1}
    assert done.report.totals.documents == 1
    with zipfile.ZipFile(tmp_path / "out" / "ecritures.zip") as archive:
        assert archive.namelist() == ["ecritures.TRA", "a.pdf.pdf"]
        assert archive.read("ecritures.TRA").count(b".pdf.pdf") == 1


def test_one_of_another_size_than_the_entry_says_is_told(tmp_path: Path, folder: Path) -> None:
    (folder / "a.pdf").write_bytes(b"other bytes")
    done = attached(tmp_path, folder, "tra", replace(ENTRY, documents=(BookDocument("a.pdf", 10),)))
    assert done.report.findings.counts == {"document_differs": 1}
    assert "11 bytes" in next(done.report.findings.told()).message("en")


@pytest.mark.parametrize("format_", ["csv", "acd-fec"])
def test_a_document_never_takes_the_place_of_the_import_file(format_: str, tmp_path: Path, folder: Path) -> None:
    name = "Ecritures.csv" if format_ == "csv" else "123456789fec20261231.txt"
    (folder / name).write_bytes(b"a statement")
    done = attached(tmp_path, folder, format_, with_documents(name, invoice_number=""))
    assert not done.report.findings.counts
    with zipfile.ZipFile(done.files[0]) as archive:
        file, document = archive.namelist()
        assert (len({file.casefold(), document.casefold()}), archive.read(document)) == (2, b"a statement")
        assert b"606100" in archive.read(file)


def test_two_of_the_same_name_become_two(tmp_path: Path, folder: Path) -> None:
    (folder / "a.pdf").write_bytes(b"one")
    done = attached(tmp_path, folder, "isacompta", *[with_documents("a.pdf", journal="AC")] * 2)
    assert done.report.totals.documents == 2
    assert zipfile.ZipFile(done.files[0]).namelist() == ["ecritures.ECR", "F2026-0042.pdf", "F2026-0042-2.pdf"]
