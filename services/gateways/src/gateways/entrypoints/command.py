"""`qontable gateways`: what the connectors can do, and how well that is known; the keys that open credentials."""

from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from gateways.connectors.registry import load_sheets
from gateways.entrypoints import keys, preview
from gateways.entrypoints.links import revoke_links
from gateways.entrypoints.restored import restored
from qontable.sheet import Fact, Sheet

app = typer.Typer(no_args_is_help=True)
app.add_typer(keys.app, name="keys")
app.command()(restored)
app.command("preview")(preview.command)
app.command()(revoke_links)

MARKS = {"documented": "documented", "corroborated": "corroborated", "assumed": "[yellow]assumed[/yellow]"}


@app.callback()
def _gateways() -> None:
    """The gateways, which alone call accounting software."""


@app.command()
def connectors(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """The capability table: every connector, what its software does, how well that is known; sources with --json."""
    sheets = load_sheets()
    if as_json:
        typer.echo(orjson.dumps([_row(sheet) for sheet in sheets.values()], option=orjson.OPT_INDENT_2).decode())
        return
    console = Console()
    for sheet in sheets.values():
        console.print(_table(sheet))


def facts(sheet: Sheet) -> dict[str, Fact]:
    """Everything in a sheet that is known more or less well, by name."""
    throttle = (
        f"{sheet.throttle.requests} requests in {sheet.throttle.seconds:g} s, {sheet.throttle.concurrent} at once"
    )
    limits = {
        f"limit_{name}": Fact(
            value=f"{limit.max} characters, {limit.overflow.replace('_', ' ')}",
            evidence=limit.evidence,
            source=limit.source,
        )
        for name in ("label", "account", "subsidiary", "piece", "invoice_number", "lines")
        if (limit := getattr(sheet.limits, name))
    }
    return {
        "throttle": Fact(value=throttle, evidence=sheet.throttle.evidence, source=sheet.throttle.source),
        "settles_within_seconds": sheet.settles_within,
        "unique_references": sheet.unique_references,
        **limits,
        **sheet.capabilities,
    }


def _row(sheet: Sheet) -> dict[str, Any]:
    known = {name: fact.model_dump(include={"value", "evidence", "source"}) for name, fact in facts(sheet).items()}
    return {"connector": sheet.connector, "name": sheet.name, "version": sheet.version, "facts": known}


def _table(sheet: Sheet) -> Table:
    table = Table(title=f"{sheet.name} ({sheet.connector}, sheet {sheet.version})", title_justify="left")
    for column in ("capability", "value", "known how"):
        table.add_column(column, overflow="fold")
    for name, fact in facts(sheet).items():
        value = ("no", "yes")[fact.value] if isinstance(fact.value, bool) else str(fact.value)
        table.add_row(name.replace("_", " "), value, MARKS[fact.evidence])
    return table
