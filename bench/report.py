"""What was measured, as tables for people or as JSON."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.pace import Compared, Findings, Pace

MOST_BYTES = 300 * 1024 * 1024
"""No process of ours holds more (issue: speed)."""


def show(found: Mapping[str, Findings], console: Console) -> None:
    """One table of figures, one of hops, one of pages, one of memory."""
    if figures := [item for findings in found.values() for item in findings.compared]:
        console.print(_figures(figures))
    if hops := [hop for findings in found.values() for hop in findings.hops]:
        console.print(_latencies("Latency in milliseconds", "p99", hops))
    if pages := [page for findings in found.values() for page in findings.pages]:
        console.print(_latencies("Pages, milliseconds", "p95", pages))
    console.print(_peaks(peaks(found)))
    for name, findings in found.items():
        for remark in findings.remarks:
            console.print(f"{name}: {remark}")


def content(found: Mapping[str, Findings]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "figures": [
            {
                "name": item.name,
                "ratio": round(item.ratio, 3),
                "ratios": [round(ratio, 3) for ratio in item.ratios],
                "cpu_ratio": None if item.cpu_ratio is None else round(item.cpu_ratio, 3),
                "target": item.target,
                "system": _pace(item.system),
                "bare": _pace(item.bare),
                "bare_does": item.does,
            }
            for findings in found.values()
            for item in findings.compared
        ],
        "hops_ms": [
            {"hop": name, "p50": round(p50, 2), "p99": round(p99, 2)}
            for findings in found.values()
            for name, p50, p99 in findings.hops
        ],
        "pages_ms": [
            {"page": name, "p50": round(p50, 2), "p95": round(p95, 2)}
            for findings in found.values()
            for name, p50, p95 in findings.pages
        ],
        "peak_bytes": peaks(found),
        "remarks": {name: findings.remarks for name, findings in found.items() if findings.remarks},
    }


def peaks(found: Mapping[str, Findings]) -> dict[str, int]:
    """The most memory of each process in any bench."""
    most: dict[str, int] = {}
    for findings in found.values():
        for name, peak in findings.peaks.items():
            most[name] = max(most.get(name, 0), peak)
    return most


def missed(found: Mapping[str, Findings]) -> list[str]:
    """What is not as the targets say."""
    figures = [item for findings in found.values() for item in findings.compared]
    return (
        [f"{item.name}: {item.ratio:.2f}, target {item.target}" for item in figures if item.missed]
        + [f"{name}: {peak / 2**20:.0f} MB" for name, peak in peaks(found).items() if peak > MOST_BYTES]
        + [line for findings in found.values() for line in findings.missed]
    )


def _pace(runs: Sequence[Pace]) -> dict[str, Any]:
    return {
        "runs": len(runs),
        "count": runs[0].count,
        "per_second": round(median(run.rate for run in runs), 1),
        "cpu_us": {name: round(used, 1) for name, used in _cpu(runs).items()},
    }


def _cpu(runs: Sequence[Pace]) -> dict[str, float]:
    """Microseconds for each of whatever was counted, by process: the median over runs."""
    return {name: median(run.cpu[name] / run.count * 1e6 for run in runs) for name in runs[0].cpu}


def _figures(figures: Sequence[Compared]) -> Table:
    table = Table(box=box.SIMPLE, title="System beside bare loop: medians over rounds that take turns")
    for name in (
        "",
        "system /s",
        "bare /s",
        "ratio (least to most)",
        "target",
        "CPU ratio",
        "CPU µs each, system",
        "CPU µs each, bare",
    ):
        table.add_column(name, justify="left" if name in ("", "CPU µs each, system", "CPU µs each, bare") else "right")
    for item in figures:
        table.add_row(
            item.name,
            f"{median(run.rate for run in item.system):,.0f}",
            f"{median(run.rate for run in item.bare):,.0f}",
            _spread_text(item.ratios),
            "" if item.target is None else f"{item.target:.2f}{' missed' if item.missed else ''}",
            "" if item.cpu_ratio is None else f"{item.cpu_ratio:.2f}",
            _cpu_text(item.system),
            _cpu_text(item.bare),
        )
    return table


def _spread_text(ratios: Sequence[float]) -> str:
    middle = f"{median(ratios):.2f}"
    return middle if len(ratios) == 1 else f"{middle} ({min(ratios):.2f} to {max(ratios):.2f})"


def _cpu_text(runs: Sequence[Pace]) -> str:
    parts = _cpu(runs)
    return f"{sum(parts.values()):,.0f} = " + " + ".join(
        f"{name.rsplit('.', 1)[-1]} {used:,.0f}" for name, used in parts.items()
    )


def _latencies(title: str, most: str, found: Sequence[tuple[str, float, float]]) -> Table:
    table = Table(box=box.SIMPLE, title=title)
    for name in ("", "p50", most):
        table.add_column(name, justify="right" if name else "left")
    for name, half, upper in found:
        table.add_row(name, f"{half:,.1f}", f"{upper:,.1f}")
    return table


def _peaks(most: Mapping[str, int]) -> Table:
    table = Table(box=box.SIMPLE, title="Peak memory (VmHWM)")
    table.add_column("process")
    table.add_column("MB", justify="right")
    for name, peak in most.items():
        table.add_row(name, f"{peak / 2**20:,.0f}")
    return table
