"""What is said to people in French and in English, and how French is set, whoever wrote it.

Sentences are written with ordinary spaces, in data files and in code. As they are read into one of the types below, a
no-break space takes the place of the one before ; : ! ? % and inside « », so that no line begins or ends with a mark
that stands alone. It is the same U+00A0 everywhere, not the narrow U+202F: all fonts have it, terminals' too, and one
sign is simpler to search for. What fills a sentence of a catalogue later stays as it came, and so do the software's own
words, which have fields of their own.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator

Language = Literal["fr", "en"]
NO_BREAK_SPACE = "\u00a0"
_CODE_OR_SPACE = re.compile(r"`[^`]*`|(?<=«) | (?=[;:!?%»])")
L = TypeVar("L", bound=str)


def set_french(text: str) -> str:
    """A French sentence as it is shown; what stands in backticks is code and keeps its spaces."""
    return _CODE_OR_SPACE.sub(lambda found: NO_BREAK_SPACE if found[0] == " " else found[0], text)


def set_french_words(words: Mapping[str, str]) -> dict[str, str]:
    """French sentences by their names."""
    return {name: set_french(text) for name, text in words.items()}


def _set(texts: dict[L, str]) -> dict[L, str]:
    return {language: set_french(text) if language == "fr" else text for language, text in texts.items()}


Bilingual = Annotated[dict[Language, str], AfterValidator(_set)]
"""A text of a catalogue, which has both languages."""
Told = Annotated[dict[str, str], AfterValidator(_set)]
"""Language → a text that another service wrote; a language may be missing."""
