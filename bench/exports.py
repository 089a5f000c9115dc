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
    """Rounds of the export and of the bare writer in turn, format by format."""
    found = Findings()
    for name in sorted(scale.formats or descriptions()):
        with tempfile.TemporaryDirectory(prefix="qontable-bench-") as folder:
            await _measure(found, descriptions()[name], Path(folder), scale)
    found.missed = [f"{name}: {peak / 2**20:.0f} MB" for name, peak in found.peaks.items() if peak > MOST_BYTES]
    return found


async def _measure(found: Findings, description: Description, folder: Path, scale: Scale) -> None:
    name = f"export, {description.name}"
    order = {"format": description.name, "folder": str(folder)}
    log = folder / "log"
    ours: list[Pace] = []
    bare: list[Pace] = []
    async with (
        Script.ready("bench.exporting", log, **order) as (export, _),
        Script.ready("bench.bare.exports", log, **order) as (loop, _),
    ):
        for _ in range(scale.rounds):
            for script, paces in ((export, ours), (loop, bare)):
                took = await script.tell({"count": scale.lines})
                paces.append(Pace(scale.lines, took["seconds"], {"process": took["cpu"]}))
        found.peaks[name] = export.meter.peak()
    does = CELLS if description.name == "xlsx" else TEXT
    found.compared.append(Compared(name, "lines", ours, bare, _target(description), does))


def _target(description: Description) -> float | None:
    fixed = description.record("entry").fixed
    return FIXED if fixed else TARGETS.get(description.name)
