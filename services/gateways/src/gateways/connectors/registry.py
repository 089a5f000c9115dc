"""Which connectors there are: every folder here that holds a `sheet.toml`.

A connector's folder is a package with a data sheet and a function `build(sheet) -> Connector`, which reads the
connector's own settings. Nothing else in the house has to know of a new one (DESIGN 7).
"""

from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import cast

from gateways.domain.port import Connector
from qontable.sheet import Sheet, load_sheet

FOLDER = Path(__file__).parent


class UnknownConnector(LookupError):
    """A name in the settings that no folder has."""


def load_sheets() -> dict[str, Sheet]:
    """Every data sheet, by connector. Raises `pydantic.ValidationError` for a sheet with mistakes in it."""
    sheets = {path.parent.name: load_sheet(path) for path in sorted(FOLDER.glob("*/sheet.toml"))}
    for name, sheet in sheets.items():
        if sheet.connector != name:
            raise ValueError(f"the sheet in folder {name} says that its connector is {sheet.connector}")
    return sheets


def load_connectors(names: Iterable[str] | None = None) -> dict[str, Connector]:
    """The connectors named, or all; each reads its settings now, so that a missing one stops the start.

    Raises `UnknownConnector` naming those that exist.
    """
    sheets = load_sheets()
    wanted = list(sheets) if names is None else list(names)
    if unknown := sorted(set(wanted) - set(sheets)):
        raise UnknownConnector(f"no connector {', '.join(unknown)}; there are {', '.join(sheets)}")
    return {name: _build(sheets[name]) for name in wanted}


def _build(sheet: Sheet) -> Connector:
    module = import_module(f"gateways.connectors.{sheet.connector}")
    build = cast(Callable[[Sheet], Connector], module.build)
    return build(sheet)
