"""Any real FEC goes through the whole system to every software, and each one's books equal the file."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from local_stack.connectors import connectors
from sandbox.software.registry import usual_software

from .fec_files import Dialect, FecLine, accented_book, entry_count, odd_book, signed_book, totals, write_fec
from .system import System

EVERY = connectors()
BOOKS: dict[str, tuple[Callable[[], list[FecLine]], Dialect, tuple[str, ...]]] = {
    "latin": (accented_book, Dialect(encoding="iso-8859-15"), (usual_software(),)),
    "signed": (signed_book, Dialect(separator="|", line_end="\n", signed=True, bom=True), (usual_software(),)),
    "odd": (odd_book, Dialect(), EVERY),
}
"""Books with how they are written, and the softwares that take them."""


@pytest.mark.parametrize("name", BOOKS)
async def test_a_fec_is_booked_as_it_is(system: System, tmp_path: Path, name: str) -> None:
    make, dialect, softwares = BOOKS[name]
    lines = make()
    fec = write_fec(tmp_path / f"{name}FEC20261231.txt", lines, dialect)
    to = ("--connector", "all" if softwares == EVERY else softwares[0], "--software-file", name)
    status, output = await system.run("sandbox", "publish", "--fec", str(fec), *to, "--wait", "--json")
    assert status == 0, output
    reports = json.loads(output) if softwares == EVERY else [json.loads(output)]
    assert tuple(report["connector"] for report in reports) == softwares
    for report in reports:
        ledger = report["verdict"]
        assert ledger["accounts"] == totals(lines)
        assert (ledger["entries"], ledger["lines"]) == (entry_count(lines), len(lines))
        assert ledger["documents"] == entry_count(lines)
        assert [ledger[name] for name in ("lost", "doubled", "altered", "refused")] == [[], [], [], []]


async def test_the_ledger_of_one_software_is_told_by_itself(system: System, tmp_path: Path) -> None:
    lines = odd_book()
    fec = write_fec(tmp_path / "ledger.txt", lines, Dialect())
    to = ("--connector", usual_software(), "--software-file", "LEDGER")
    status, output = await system.run("sandbox", "publish", "--fec", str(fec), *to, "--wait")
    assert status == 0, output
    status, output = await system.run("sandbox", "ledger", *to, "--json")
    assert status == 0, output
    ledger = json.loads(output)
    assert (ledger["connector"], ledger["software_files"]) == (usual_software(), ["LEDGER"])
    assert ledger["accounts"] == totals(lines)


async def test_a_truncated_fec_is_refused_in_one_clear_message(system: System, tmp_path: Path) -> None:
    fec = write_fec(tmp_path / "x.txt", odd_book(), Dialect())
    fec.write_bytes(fec.read_bytes()[:-40])
    status, output = await system.run("sandbox", "publish", "--fec", str(fec))
    assert status == 1
    assert "cannot be read" in output
