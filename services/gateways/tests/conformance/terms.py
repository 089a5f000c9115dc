"""What the suite has to know of a connector besides its data sheet: `conformance.toml` in the connector's folder."""

import os
import tomllib
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from gateways.connectors.registry import FOLDER, load_sheets
from gateways.domain.port import Connector
from qontable.sheet import Sheet

SLOWNESS = float(os.environ.get("CONFORMANCE_SLOWNESS") or 1)
"""How many times slower than usual this machine is: times that a scenario races against grow by it."""


class Terms(BaseModel):
    """By which routes faults strike, and which times of the sheet are shortened.

    `quick` names numbers of the sheet, those of facts and capabilities by the fact's own name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    routes: Mapping[str, str]
    quick: Mapping[str, float] = Field(default_factory=dict)

    def hurried(self, sheet: Sheet) -> Sheet:
        """The sheet with its long times shortened."""
        changed: dict[str, Any] = {}
        capabilities = dict(sheet.capabilities)
        for name, value in self.quick.items():
            if name in capabilities:
                capabilities[name] = capabilities[name].model_copy(update={"value": value})
            elif name == "request_timeout":
                changed[name] = value * SLOWNESS
            else:
                changed[name] = getattr(sheet, name).model_copy(update={"value": value})
        return sheet.model_copy(update=changed | {"capabilities": capabilities})


def terms_of(connector: str) -> Terms:
    """The terms of a connector. Raises `FileNotFoundError` naming the file that is missing."""
    path = FOLDER / connector / "conformance.toml"
    return Terms.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def connectors_with_terms() -> list[str]:
    """Those that the suite can be run on."""
    return [name for name in load_sheets() if (FOLDER / name / "conformance.toml").exists()]


def hurried_connectors(names: Iterable[str], document_bytes: int | None = None) -> dict[str, Connector]:
    """Every connector with its times shortened, and documents of so many bytes at most, set up by the environment."""
    made: dict[str, Connector] = {}
    sheets = load_sheets()
    for name in names:
        quick = terms_of(name).hurried(sheets[name])
        if document_bytes:
            quick = quick.model_copy(
                update={"documents": quick.documents.model_copy(update={"max_bytes": document_bytes})}
            )
        made[name] = import_module(f"gateways.connectors.{name}").build(quick)
    return made
