"""The words of the pages in French and English, as data (`words.toml`)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import get_args

from qontable.bilingual import Bilingual, Language, set_french

LANGUAGES: tuple[Language, ...] = get_args(Language)
Word = str | tuple[str, str]
"""One text, or one for the singular and one for the plural, told apart by the value `n`."""


@dataclass(frozen=True, slots=True)
class Words:
    """The catalogue in one language."""

    language: Language

    def say(self, key: str, **values: object) -> str:
        """The text of a key, its `{places}` filled. Raises `KeyError` for a key or value that is not there."""
        word = catalogue()[key][self.language]
        if isinstance(word, tuple):
            word = word[self._is_many(values["n"])]
        return word.format_map(values)

    def of(self, texts: Mapping[str, str]) -> str:
        """The text of a data sheet or an event in this language, else in the other one; empty where there is none."""
        return texts.get(self.language) or next(iter(texts.values()), "")

    def pick(self, texts: Bilingual) -> str:
        """The text of a catalogue that has both languages."""
        return texts[self.language]

    def _is_many(self, number: object) -> bool:
        """Zero is one of many in English and none of them in French."""
        assert isinstance(number, int)
        return number > 1 if self.language == "fr" else number != 1


@cache
def catalogue() -> dict[str, dict[Language, Word]]:
    """Every key and what it says in each language. Raises `ValueError` for a key that lacks one."""
    rows = tomllib.loads(files("hub.entrypoints.pages").joinpath("words.toml").read_text(encoding="utf-8"))
    return {key: dict(zip(LANGUAGES, map(_word, row, LANGUAGES), strict=True)) for key, row in rows.items()}


def _word(text: str | list[str], language: Language) -> Word:
    as_set = set_french if language == "fr" else str
    if isinstance(text, str):
        return as_set(text)
    one, many = text
    return as_set(one), as_set(many)
