"""`qontable sandbox ledger`: the books of a stand-in software beside what was published for it."""

import json
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from qontable.addresses import NoAddresses, read_addresses
from sandbox.entrypoints.closing import show_cuts

ROWS_SHOWN = 60
TIMEOUT_SECONDS = 300.0
UNREACHABLE = 3


def ledger(
    connector: Annotated[str | None, typer.Option(help="Accounting software.")] = None,
    software_file: Annotated[str | None, typer.Option(help="Code or id of one software file.")] = None,
    whole: Annotated[bool, typer.Option("--all", help="Every software file, not the one published to last.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What the stand-in software booked, against what was published; exit status 1 unless they are equal."""
    verdict = _verdict(connector, software_file, whole=whole)
    if as_json:
        typer.echo(json.dumps(verdict, ensure_ascii=False, indent=2))
    else:
        _print(verdict, Console())
    raise typer.Exit(0 if verdict["clean"] else 1)


def _verdict(connector: str | None, software_file: str | None, *, whole: bool) -> dict[str, Any]:
    """Asks the running sandbox. Ends the command with status 3 where none answers, 1 where no such file is known."""
    wanted = {"connector": connector, "software_file": software_file, "whole": whole}
    try:
        address = read_addresses().http["sandbox"]
        response = httpx.get(
            f"{address}/control/ledger",
            params={name: value for name, value in wanted.items() if value is not None},
            timeout=TIMEOUT_SECONDS,
        )
    except (NoAddresses, httpx.TransportError) as error:
        typer.echo(f"the sandbox is unreachable: {error}", err=True)
        raise typer.Exit(UNREACHABLE) from None
    if response.status_code != httpx.codes.OK:
        typer.echo(_refusal(response), err=True)
        raise typer.Exit(1)
    verdict: dict[str, Any] = response.json()
    return verdict


def _refusal(response: httpx.Response) -> str:
    """The sandbox's words, or what came instead of them."""
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the sandbox answered with status {response.status_code}"


def _print(verdict: dict[str, Any], console: Console) -> None:
    console.print(f"{verdict['connector']}: {', '.join(verdict['software_files'])}", style="bold")
    console.print(_counts(verdict))
    console.print(_accounts(verdict))
    for name in ("lost", "doubled", "altered", "unexpected", "refused", "open_differences"):
        for key in verdict[name]:
            console.print(f"[bold]{name.replace('_', ' ')}[/bold] {key}  {_why(verdict, key)}", highlight=False)
    show_cuts(verdict["cuts"], console)
    console.print("the books hold what was published" if verdict["clean"] else "the books differ", style="bold")


def _counts(verdict: dict[str, Any]) -> Table:
    table = Table("", "published", "books")
    for name in ("entries", "lines", "documents"):
        table.add_row(name, str(verdict["published"][name]), str(verdict[name]))
    return table


def _accounts(verdict: dict[str, Any]) -> Table:
    """Every account, or where they are many only those that differ."""
    nothing = {"debit": "0.00", "credit": "0.00"}
    published, books = verdict["published"]["accounts"], verdict["accounts"]
    numbers = sorted(published.keys() | books.keys())
    differing = [number for number in numbers if published.get(number, nothing) != books.get(number, nothing)]
    shown = numbers if len(numbers) <= ROWS_SHOWN else differing
    table = Table("account", "published debit", "credit", "books debit", "credit")
    for number in shown:
        sides = (published.get(number, nothing), books.get(number, nothing))
        amounts = [side[name] for side in sides for name in ("debit", "credit")]
        table.add_row(number, *amounts, style="red" if number in differing else None)
    table.caption = f"{len(numbers)} accounts, {len(differing)} differ"
    return table


def _why(verdict: dict[str, Any], key: str) -> str:
    found = [
        f"{item['what']} at {item['where']}: {item['published'] or 'nothing'} → {item['booked'] or 'nothing'}"
        for item in verdict["differences"].get(key, ())
    ]
    return "; ".join(filter(None, [verdict["reasons"].get(key, ""), *found]))
