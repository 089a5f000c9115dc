"""Texts in an encoding that lacks some of their characters: replaced by a stated table, and what was done is told.

The files of older software are in one-byte encodings. A character that the encoding lacks is written by `SUBSTITUTES`,
else by its letter without accents, else as `?`. Control characters are no text anywhere: they become blanks.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

SUBSTITUTES = {
    "‘": "'",
    "’": "'",
    "‚": ",",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "‹": "'",
    "›": "'",
    "–": "-",
    "—": "-",
    "−": "-",
    "‐": "-",
    "‑": "-",
    "…": "...",
    "•": "-",
    "·": ".",
    "\u00a0": " ",
    "\u2007": " ",
    "\u2009": " ",
    "\u202f": " ",
    "œ": "oe",
    "Œ": "OE",
    "æ": "ae",
    "Æ": "AE",
    "ß": "ss",
    "ø": "o",
    "Ø": "O",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "€": "EUR",
    "£": "GBP",
    "™": "TM",
    "©": "(c)",
    "®": "(r)",
    "°": "o",
    "№": "No",
    "×": "x",
}
"""What is written for a character that the encoding lacks."""
UNKNOWN = "?"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0e\ufe0f\ufeff]")


@dataclass(frozen=True, slots=True)
class Charset:
    """An encoding by the name that Python's codec has; `mark` puts a byte order mark at the file's start."""

    codec: str
    mark: bool = False

    def fit(self, text: str) -> str:
        """The text as this encoding can hold it, on one line; unchanged wherever that is possible."""
        if text.isascii() and text.isprintable():
            return text
        return _fit(_CONTROLS.sub(" ", text), self.codec)

    def encode(self, text: str) -> bytes:
        """The bytes of a text that fits. Raises `UnicodeEncodeError` for one that does not."""
        return text.encode("ascii" if text.isascii() else self.codec)


@lru_cache(maxsize=65_536)
def _fit(text: str, codec: str) -> str:
    if _encodable(text, codec):
        return text
    composed = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return "".join(
        character if _encodable(character, codec) else _substitute(character, codec) for character in composed
    )


def _substitute(character: str, codec: str) -> str:
    for candidate in (SUBSTITUTES.get(character), _plain(character)):
        if candidate and _encodable(candidate, codec):
            return candidate
    return "" if unicodedata.combining(character) else UNKNOWN


def _plain(character: str) -> str:
    """The character without accents and without its special width or shape."""
    decomposed = unicodedata.normalize("NFKD", character)
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))


def _encodable(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
