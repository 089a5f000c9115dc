"""`qontable gateways`: what the connectors can do, and how well that is known; the keys that open credentials."""

from typing import Annotated, Any

import orjson
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateways.connectors.registry import load_sheets
from gateways.entrypoints import keys, new, preview
from gateways.entrypoints.links import revoke_links
from gateways.entrypoints.restored import restored
from qontable.sheet import Fact, Sheet

app = typer.Typer(no_args_is_help=True)
app.add_typer(keys.app, name="keys")
app.command()(restored)
app.command("preview")(preview.command)
app.command("new")(new.command)
app.command()(revoke_links)

MARKS = {"documented": "[green]●[/green]", "corroborated": "[cyan]◐[/cyan]", "assumed": "[yellow]○[/yellow]"}
LEGEND = "● documented by the vendor   ◐ corroborated by independent sources   ○ assumed by us; a name shows sources"


@app.callback()
def _gateways() -> None:
    """The gateways, which alone call accounting software."""


@app.command()
def connectors(
    name: Annotated[str | None, typer.Argument(help="One connector, with the source of each fact.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """The capability table: what every software does, and how well that is known."""
    sheets = load_sheets()
    if name is not None and name not in sheets:
        raise typer.BadParameter(f"no connector {name}; there are {', '.join(sheets)}")
    chosen = [sheets[name]] if name else list(sheets.values())
    if as_json:
        typer.echo(orjson.dumps([_row(sheet) for sheet in chosen], option=orjson.OPT_INDENT_2).decode())
    elif name:
        Console().print(_sources(chosen[0]))
    else:
        Console().print(_side_by_side(chosen), LEGEND, sep="\n", highlight=False)


def facts(sheet: Sheet) -> dict[str, Fact]:
    """Everything in a sheet that is known more or less well, by name."""
    throttle = (
        f"{sheet.throttle.requests} requests in {sheet.throttle.seconds:g} s, {sheet.throttle.concurrent} at once"
    )
    limits = {
        f"limit_{name}": Fact(
            value=f"{limit.max} {'lines' if name == 'lines' else 'characters'}, {limit.overflow.replace('_', ' ')}",
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


def _sources(sheet: Sheet) -> Table:
    table = Table(title=f"{sheet.name} ({sheet.connector}, sheet {sheet.version})", title_justify="left")
    for column in ("capability", "value", "", "source"):
        table.add_column(column, overflow="fold")
    for name, fact in facts(sheet).items():
        table.add_row(
            name.replace("_", " "), _value(fact), f"{MARKS[fact.evidence]} {fact.evidence}", escape(fact.source)
        )
    return table


def _side_by_side(sheets: list[Sheet]) -> Table:
    """A row for each fact that any of the sheets states; those that most of them state come first."""
    known = [facts(sheet) for sheet in sheets]
    table = Table(box=SIMPLE_HEAD)
    table.add_column("capability", overflow="fold")
    for sheet in sheets:
        table.add_column(sheet.name, overflow="fold")
    names = dict.fromkeys(name for row in known for name in row)
    for name in sorted(names, key=lambda name: -sum(name in row for row in known)):
        cells = [f"{MARKS[row[name].evidence]} {_value(row[name])}" if name in row else "" for row in known]
        table.add_row(name.replace("_", " "), *cells)
    return table


def _value(fact: Fact) -> str:
    return ("no", "yes")[fact.value] if isinstance(fact.value, bool) else escape(str(fact.value))
