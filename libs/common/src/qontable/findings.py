"""What findings say: a sentence and a remedy in French and English for each code, as data (`findings.toml`).

A finding is a code, a place and values (`qontable.entry.Finding`); services pass findings around and render them only
where a person will read them.
"""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict

from qontable.bilingual import Bilingual
from qontable.entry import Finding
from qontable.events.delivery import StatusFinding
from qontable.events.reference import ReferenceKind

Effect = Literal["returns", "waits"]


class FindingText(BaseModel):
    """One row of the catalogue. Templates name values in braces; a finding carries every value its texts name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    effect: Effect
    message: Bilingual
    remedy: Bilingual
    cured_by: ReferenceKind | None = None


@cache
def catalogue() -> dict[str, FindingText]:
    """Every finding code of the house and what it says."""
    content = tomllib.loads(files("qontable").joinpath("findings.toml").read_text(encoding="utf-8"))
    return {code: FindingText.model_validate(row) for code, row in content.items()}


def waits(finding: Finding) -> bool:
    """Whether the entry waits until this no longer holds; otherwise it is returned to the accountant."""
    return catalogue()[finding.code].effect == "waits"


def cured_by(findings: Iterable[Finding]) -> frozenset[ReferenceKind]:
    """The kinds of reference data that are fetched once more before these findings are believed."""
    kinds = (catalogue()[finding.code].cured_by for finding in findings)
    return frozenset(kind for kind in kinds if kind)


def render(finding: Finding) -> StatusFinding:
    """The finding as the accountant reads it. Raises `KeyError` for an unknown code or a missing value."""
    text = catalogue()[finding.code]
    return StatusFinding(
        code=finding.code,
        where=finding.where,
        message={language: template.format_map(finding.values) for language, template in text.message.items()},
        remedy={language: template.format_map(finding.values) for language, template in text.remedy.items()},
    )
