"""`qontable gateways new NAME`: a connector and its stand-in to begin with, registered by being there."""

import re
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from gateways.connectors.registry import FOLDER, load_sheets

TEMPLATES = Path(__file__).parents[1] / "templates"
ROOT = FOLDER.parents[4]
PLACES = {
    "connector": "services/gateways/src/gateways/connectors",
    "standin": "services/sandbox/src/sandbox/software",
}
NEXT = """
Next:
  make conformance CONNECTOR={name}   fails within a minute or two, and says what to write first
  docs/connectors/write-a-connector.md   explains each step
  make articles settings   once the sheet says something
"""


def command(
    name: Annotated[str, typer.Argument(help="The connector's name: small letters, digits and underscores.")],
    title: Annotated[str, typer.Option(help="The software's name as people write it; by default made of NAME.")] = "",
    into: Annotated[Path, typer.Option(exists=True, file_okay=False, help="The checkout to write into.")] = ROOT,
) -> None:
    """Write a connector that is registered and says what to do next, and a stand-in that knows its key."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise typer.BadParameter(f"{name} is no name for a folder: small letters, digits and underscores")
    if name in load_sheets():
        raise typer.BadParameter(f"there is a connector {name} already")
    for path, text in files(name, title or name.replace("_", " ").title()).items():
        target = into / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        typer.echo(f"wrote {path}")
    typer.echo(NEXT.format(name=name))


def files(name: str, title: str) -> dict[Path, str]:
    """Every file of a new connector, by its path from the top of the tree."""
    words = {
        "name": name,
        "title": title,
        "class_name": "".join(word.capitalize() for word in name.split("_")),
        "prefix": f"QONTABLE_{name.upper()}",
    }
    return {
        Path(place) / name / template.name.removesuffix(".tmpl"): Template(
            template.read_text(encoding="utf-8")
        ).substitute(words)
        for kind, place in PLACES.items()
        for template in sorted((TEMPLATES / kind).glob("*.tmpl"))
    }
