"""What the Hub refuses, and how it says so: what happened, to what, what to do, in French and English.

The sentences are data (`problems.toml`). On the wire a refusal is a problem document (RFC 9457) with our own members.
"""

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from qontable.bilingual import Bilingual, Language

MEDIA_TYPE = "application/problem+json"
Filled = dict[Language, str]
"""Sentences of the catalogue with their values, which stay as they came."""


class ProblemText(BaseModel):
    """One row of the catalogue. Templates name values in braces; a refusal carries every value its texts name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: int
    message: Bilingual
    remedy: Bilingual


class Fault(BaseModel):
    """One wrong value: where it stands and what is wrong with it. Never the value, which may be a secret."""

    model_config = ConfigDict(frozen=True)

    where: str
    code: str
    message: Bilingual | None = None
    remedy: Bilingual | None = None


class Problem(BaseModel):
    """A refusal on the wire. `detail` is `message` in the reader's language; `code` is stable, texts are not."""

    type: str = Field(examples=["urn:qontable:problem:software_file_taken"])
    title: str
    status: int
    detail: str
    code: str
    message: Filled
    remedy: Filled
    errors: list[Fault] = []


class Refused(Exception):
    """The Hub does not do what was asked. `code` is a row of the catalogue, `values` fill its sentences."""

    def __init__(self, code: str, *, faults: Sequence[Fault] = (), **values: object) -> None:
        self.code = code
        self.faults = list(faults)
        self.values = values
        super().__init__(code)

    def problem(self, language: str = "en") -> Problem:
        """The refusal as it is answered. Raises `KeyError` for an unknown code or a missing value."""
        text = catalogue()[self.code]
        message: Filled = {name: template.format_map(self.values) for name, template in text.message.items()}
        remedy: Filled = {name: template.format_map(self.values) for name, template in text.remedy.items()}
        return Problem(
            type=f"urn:qontable:problem:{self.code}",
            title=self.code.replace("_", " "),
            status=text.status,
            detail=message["fr" if language == "fr" else "en"],
            code=self.code,
            message=message,
            remedy=remedy,
            errors=self.faults,
        )


@cache
def catalogue() -> dict[str, ProblemText]:
    """Every code and what it says."""
    content = tomllib.loads(files("hub.domain").joinpath("problems.toml").read_text(encoding="utf-8"))
    return {code: ProblemText.model_validate(row) for code, row in content.items()}
