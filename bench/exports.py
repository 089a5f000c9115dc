"""Exports: entries in memory → an import file on disk, in every format, each in a process of its own.

Beside it csv.writer writes the same columns from ready tuples, and XlsxWriter the same cells of the workbook.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench.pace import Compared, Findings, Pace
from bench.process import Script
from bench.scale import Scale
from exports.domain.description import Description
from exports.formats.registry import descriptions

MOST_BYTES = 150 * 1024 * 1024
DELIMITED, FIXED, WORKBOOK = 0.25, 0.15, 0.8
TARGETS: Mapping[str, float] = {"csv": DELIMITED, "fec": DELIMITED, "xlsx": WORKBOOK}
TEXT = "csv.writer, the same columns from ready tuples"
CELLS = "XlsxWriter in constant_memory mode, the same cells from ready tuples"


async def exports(scale: Scale) -> Findings:
    """A file in each format, of so many lines or of as many as the software takes."""
    found = Findings()
    for name in sorted(scale.formats or descriptions()):
        with tempfile.TemporaryDirectory(prefix="qontable-bench-") as folder:
            await _measure(found, descriptions()[name], Path(folder), scale.lines)
    found.missed = [f"{name}: {peak / 2**20:.0f} MB" for name, peak in found.peaks.items() if peak > MOST_BYTES]
    return found


async def _measure(found: Findings, description: Description, folder: Path, lines: int) -> None:
    name = f"export, {description.name}"
    order = {"format": description.name, "folder": str(folder)}
    log = folder / "log"
    workbook = description.name == "xlsx"
    async with (
        Script.ready("bench.exporting", log, **order) as (export, _),
        Script.ready("bench.bare.exports", log, **order) as (loop, _),
    ):
        most = min(lines, description.max_number or lines)
        ours, bare = await _written(export, loop, most, by_turns=not workbook)
        found.peaks[name] = export.meter.peak()
    does = CELLS if workbook else TEXT
    found.compared.append(Compared(name, "lines", [ours], [bare], _target(description), does))


async def _written(export: Script, loop: Script, lines: int, *, by_turns: bool) -> tuple[Pace, Pace]:
    """A file of each: by turns, the bare one grows by as much each time that the other rests, else at the end.

    A workbook is whole or none; the bare text file begins anew each time.
    """
    bare = {"seconds": 0.0, "cpu": 0.0}
    done = behind = 0
    more = True
    answer = await export.tell({"count": lines})
    while more:
        more = answer["more"]
        portion = answer["count"] if more else lines - done
        done += portion
        behind += portion
        if by_turns or not more:
            took = await loop.tell({"count": behind})
            bare = {name: spent + took[name] for name, spent in bare.items()}
            behind = 0
        if more:
            answer = await export.tell({})
    return _pace(lines, answer), _pace(lines, bare)


def _pace(lines: int, took: Mapping[str, float]) -> Pace:
    return Pace(lines, took["seconds"], {"process": took["cpu"]})


def _target(description: Description) -> float | None:
    fixed = description.record("entry").fixed
    return FIXED if fixed else TARGETS.get(description.name)
