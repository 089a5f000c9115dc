"""Any real FEC goes through the whole system, and the stand-in software's books equal the file."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .fec_files import Dialect, FecLine, accented_book, entry_count, odd_book, signed_book, totals, write_fec
from .system import System

BOOKS: dict[str, tuple[Callable[[], list[FecLine]], Dialect]] = {
    "latin": (accented_book, Dialect(encoding="iso-8859-15")),
    "signed": (signed_book, Dialect(separator="|", line_end="\n", signed=True, bom=True)),
    "odd": (odd_book, Dialect()),
}


@pytest.mark.parametrize("name", BOOKS)
async def test_a_fec_is_booked_as_it_is(system: System, tmp_path: Path, name: str) -> None:
    make, dialect = BOOKS[name]
    lines = make()
    fec = write_fec(tmp_path / f"{name}FEC20261231.txt", lines, dialect)
    status, output = await system.run(
        "sandbox", "publish", "--fec", str(fec), "--connector", "myunisoft", "--software-file", name, "--wait"
    )
    assert status == 0, output
    status, output = await system.run("sandbox", "ledger", "--software-file", name, "--json")
    assert status == 0, output
    ledger = json.loads(output)
    assert ledger["accounts"] == totals(lines)
    assert (ledger["entries"], ledger["lines"]) == (entry_count(lines), len(lines))
    assert ledger["documents"] == entry_count(lines)
    assert [ledger[name] for name in ("lost", "doubled", "altered", "refused")] == [[], [], [], []]


async def test_a_truncated_fec_is_refused_in_one_clear_message(system: System, tmp_path: Path) -> None:
    fec = write_fec(tmp_path / "x.txt", odd_book(), Dialect())
    fec.write_bytes(fec.read_bytes()[:-40])
    status, output = await system.run("sandbox", "publish", "--fec", str(fec))
    assert status == 1
    assert "cannot be read" in output
