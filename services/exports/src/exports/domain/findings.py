"""What an export found: told one by one up to a number, counted beyond, in both languages (`findings.toml`)."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict

from qontable.bilingual import Bilingual, Language

Effect = Literal["stops", "tells"]
MOST_TOLD = 1_000
"""Of one code. A report that names a million cut labels one by one helps nobody; beyond it only their number grows."""


class FindingText(BaseModel):
    """One row of the catalogue; the braces in its sentences name the values that a finding carries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    effect: Effect
    title: Bilingual
    message: Bilingual
    remedy: Bilingual


@cache
def catalogue() -> dict[str, FindingText]:
    """Every finding of an export and what it says."""
    content = tomllib.loads(files("exports.domain").joinpath("findings.toml").read_text(encoding="utf-8"))
    return {code: FindingText.model_validate(row) for code, row in content.items()}


@dataclass(frozen=True, slots=True)
class Found:
    """One finding: its code, the entry it is about (empty: the whole book), and what its sentences are filled with."""

    code: str
    where: str
    values: dict[str, str] = field(default_factory=dict)

    @property
    def effect(self) -> Effect:
        return catalogue()[self.code].effect

    def message(self, language: Language) -> str:
        """The sentence. Raises `KeyError` for a value that is missing."""
        return catalogue()[self.code].message[language].format_map(self.values)

    def remedy(self, language: Language) -> str:
        """What to do about it."""
        return catalogue()[self.code].remedy[language].format_map(self.values)


@dataclass(slots=True)
class Findings:
    """All that an export found. The same finding about the same thing is told once."""

    count: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    _told: dict[str, dict[tuple[str, ...], Found]] = field(default_factory=dict)

    def add(self, code: str, where: str = "", /, **values: str) -> None:
        """Tell something. `where` names the entry, `values` fill the sentences."""
        self.count += 1
        self.counts[code] = self.counts.get(code, 0) + 1
        told = self._told.setdefault(code, {})
        if len(told) < MOST_TOLD:
            told.setdefault((where, *values.values()), Found(code, where, values))

    def add_left_out(self, left_out: Mapping[str, int]) -> None:
        """Tell how many entries stay, by reason; one that this catalogue does not know is another."""
        for reason, count in left_out.items():
            code = f"stays_{reason}" if f"stays_{reason}" in catalogue() else "stays_other"
            self.add(code, count=str(count))
            self.count += count - 1
            self.counts[code] += count - 1

    def told(self) -> Iterator[Found]:
        """Those that are told one by one, what stops the export first."""
        for _, told in self.by_kind():
            yield from told

    def by_kind(self) -> Iterator[tuple[str, Sequence[Found]]]:
        """Codes, what stops the export first, with those of each that are told one by one."""
        for code in sorted(self._told, key=lambda code: (catalogue()[code].effect != "stops", code)):
            yield code, list(self._told[code].values())

    @property
    def stop(self) -> bool:
        """Whether nothing may be written."""
        return any(catalogue()[code].effect == "stops" for code in self.counts)
