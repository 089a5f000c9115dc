"""`python -m qontable.schemas write` and `… check`: the files of the contracts and the models agree.

Exit status 1 where they do not, or where a change would break a reader of the same major version.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from qontable.events import EVENT_TYPES
from qontable.schemas import FOLDER, contract_name, schema
from qontable.schemas.access import render
from qontable.schemas.asyncapi import assemble
from qontable.schemas.generation import breaks, generate

DOCUMENT = Path("docs/asyncapi.json")
ACCESS = "kafka-access.md"
app = typer.Typer(no_args_is_help=True, add_completion=False)
Document = Annotated[Path, typer.Option(help="Where the AsyncAPI document is.")]


@app.command()
def write(
    document: Document = DOCUMENT,
    breaking: Annotated[
        bool, typer.Option("--breaking", help="Also where it breaks readers: before a release.")
    ] = False,
) -> None:
    """Write every schema, the AsyncAPI document and the table of access.

    Refuses a change that breaks readers of the same major version.
    """
    broken = [] if breaking else list(_breaking())
    if broken:
        typer.echo("\n".join(broken), err=True)
        typer.echo("Readers would break: make a new type, with the next major version.", err=True)
        raise typer.Exit(1)
    for file, content in _files(document):
        file.write_bytes(content)


@app.command()
def check(document: Document = DOCUMENT) -> None:
    """Say which files are out of date."""
    stale = [file for file, content in _files(document) if not file.exists() or file.read_bytes() != content]
    for file in stale:
        typer.echo(f"{file.name} is out of date: run `make schemas`", err=True)
    if stale:
        raise typer.Exit(1)
    typer.echo(f"{len(EVENT_TYPES)} schemas, {document.name} and {ACCESS} are up to date")


def _files(document: Path) -> Iterator[tuple[Path, bytes]]:
    for ce_type, event in EVENT_TYPES.items():
        yield FOLDER / f"{contract_name(ce_type)}.json", _rendered(generate(event))
    yield document, _rendered(assemble())
    yield document.with_name(ACCESS), render().encode()


def _breaking() -> Iterator[str]:
    for ce_type, event in EVENT_TYPES.items():
        try:
            written = schema(ce_type)
        except FileNotFoundError:
            continue
        yield from (f"{contract_name(ce_type)}: {reason}" for reason in breaks(written, generate(event)))


def _rendered(content: dict[str, Any]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"


if __name__ == "__main__":
    app()
