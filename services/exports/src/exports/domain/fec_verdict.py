"""What is said of a FEC: the rules of `fec_rules.toml`, and where which of them is broken."""

import tomllib
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict

from qontable.bilingual import Bilingual

Severity = Literal["refused", "warning", "note"]
MOST_TOLD = 20
"""Of one rule: beyond it only their number grows."""


class Rule(BaseModel):
    """One rule of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    severity: Severity
    source: str
    rule: Bilingual


@cache
def rules() -> dict[str, Rule]:
    """Every rule by its code."""
    content = tomllib.loads(files("exports.domain").joinpath("fec_rules.toml").read_text(encoding="utf-8"))
    return {code: Rule.model_validate(row) for code, row in content.items()}


@dataclass(frozen=True, slots=True)
class Breach:
    """Where a rule is broken, and what stands there. Line 0 is the file itself."""

    rule: str
    line: int
    column: str
    detail: str

    @property
    def severity(self) -> Severity:
        return rules()[self.rule].severity


@dataclass(slots=True)
class Verdict:
    """What a FEC is: its breaches, the first ones of each rule told, all counted."""

    counts: Counter[str] = field(default_factory=Counter)
    told: list[Breach] = field(default_factory=list)
    lines: int = 0
    entries: int = 0

    def add(self, rule: str, line: int, column: str = "", detail: str = "") -> None:
        """Note a breach."""
        self.counts[rule] += 1
        if self.counts[rule] <= MOST_TOLD:
            self.told.append(Breach(rule, line, column, detail))

    @property
    def refused(self) -> bool:
        """Whether the file would be refused."""
        return any(rules()[rule].severity == "refused" for rule in self.counts)
