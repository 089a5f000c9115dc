"""The closing report on a terminal: times, what came back, and published beside booked."""

from collections import Counter

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sandbox.domain.closing_report import ClosingReport, FilledFirm

JUDGED = ("lost", "doubled", "altered")
CUTS_SHOWN = 12
NOTHING = {"debit": "0.00", "credit": "0.00"}


def show(report: ClosingReport, console: Console) -> None:
    """The whole report."""
    console.rule(f"[bold]{escape(report.title)} → {report.connector} {escape(report.software_file)}")
    for notice in report.notices:
        console.print(f"[yellow]note[/yellow] {escape(notice)}", highlight=False)
    console.print(_times(report))
    if report.returned:
        console.print(_returned(report))
    if report.verdict:
        _show_verdict(report, console)
    for failure in report.failures:
        console.print(f"[red]{escape(failure)}", highlight=False)
    if report.addresses:
        console.print(_addresses(report))
    console.print(_conclusion(report))
    if report.firm:
        _show_firm(report.firm, report.addresses["hub"], console)


def _times(report: ClosingReport) -> Table:
    table = Table(box=None, header_style="bold", title_justify="left")
    table.add_column("what")
    table.add_column("seconds", justify="right")
    for what, seconds in report.seconds.items():
        table.add_row(what, f"{seconds:.1f}")
    table.add_row("limits of the software", report.limits)
    kinds = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(report.kinds.items()))
    table.add_row("entries", f"{report.entries}: {kinds}")
    return table


def _returned(report: ClosingReport) -> Table:
    table = Table(title="Came back to the accountant", title_justify="left", header_style="bold")
    for heading in ("entry", "said by", "in its words", "our remedy", "done"):
        table.add_column(heading, overflow="fold")
    for item in report.returned:
        table.add_row(*map(escape, (item.key, item.said_by, item.words, item.remedy, item.mended or "open")))
    return table


def _show_verdict(report: ClosingReport, console: Console) -> None:
    verdict = report.verdict or {}
    published, books = verdict["published"]["accounts"], verdict["accounts"]
    numbers = sorted(published.keys() | books.keys())
    table = Table(title="Totals per account", title_justify="left", header_style="bold")
    for heading in ("account", "events debit", "events credit", "books debit", "books credit"):
        table.add_column(heading, justify="left" if heading == "account" else "right")
    for number in numbers:
        sides = (published.get(number, NOTHING), books.get(number, NOTHING))
        amounts = [side[name] for side in sides for name in ("debit", "credit")]
        table.add_row(escape(number), *amounts, style="red" if sides[0] != sides[1] else None)
    console.print(table)
    counts = ", ".join(f"{verdict[name]} {name} of {verdict['published'][name]}" for name in ("entries", "lines"))
    documents = f"{verdict['documents']} documents of {verdict['published']['documents']}, compared by hash"
    console.print(f"in the books: {counts}, {documents}", highlight=False)
    show_cuts(verdict["cuts"], console)
    console.print(" / ".join(f"{name} {len(verdict[name])}" for name in JUDGED), style="bold", highlight=False)
    for name in (*JUDGED, "unexpected", "refused"):
        for key in verdict[name][:20]:
            console.print(
                f"[red]{name}[/red] {escape(key)}: {escape(verdict['reasons'].get(key, ''))}", highlight=False
            )


def show_cuts(cuts: list[dict[str, str]], console: Console) -> None:
    """What the software took only in part, as its limits demand: counted by field, and the first ones word for word."""
    counts = Counter(_field(cut) for cut in cuts)
    told = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    console.print(f"{len(cuts)} cuts as the software's limits demand{f': {told}' if told else ''}", highlight=False)
    if not cuts:
        return
    table = Table(box=None, header_style="bold")
    for heading in ("entry", "where", "published", "booked"):
        table.add_column(heading, overflow="fold")
    for cut in cuts[:CUTS_SHOWN]:
        table.add_row(*(escape(cut[name]) for name in ("entry", "where", "published", "booked")))
    if len(cuts) > CUTS_SHOWN:
        table.caption = f"… and {len(cuts) - CUTS_SHOWN} more: --json lists them all"
    console.print(table)


def _field(cut: dict[str, str]) -> str:
    """The field of a cut without the number of its line."""
    return cut["where"].rpartition(".")[2].replace("_", " ")


def _addresses(report: ClosingReport) -> Table:
    table = Table(box=None, show_header=False)
    for name, address in report.addresses.items():
        table.add_row(name, address)
    return table


def _show_firm(firm: FilledFirm, hub: str, console: Console) -> None:
    """What lies in the Hub, and how to open it; the address stands on a line of its own to be copied."""
    states = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in sorted(firm.states.items()))
    console.rule("[bold]Open the Hub")
    console.print(f"{escape(firm.name)}: {sum(firm.states.values())} client files ({states})", highlight=False)
    console.print(f"signs in as {escape(firm.administrator)}, administrator, with this link:", highlight=False)
    console.print(f"\n{hub}/sign-in#{firm.token}\n", highlight=False, soft_wrap=True, markup=False)


def _conclusion(report: ClosingReport) -> str:
    if not report.clean:
        return "[red]not everything is in the books as it was published"
    if report.verdict is None:
        return "[green]published; `qontable sandbox ledger` says what the books hold"
    return "[green]every entry is in the books once, as it was published"
