"""The one place where a text is shortened for a software (DESIGN 7); what was sent is always kept beside the original.

A label is `cut(label, limit - suffix) + suffix`, so that a suffix by which an entry is found again survives. A code is
shortened only where the sheet declares it and only when no other code of the file becomes the same; otherwise it is
refused. Lengths are counted in characters (code points), the unit in which the vendors state them.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from qontable.sheet import Limit

_JOINER = "\u200d"
_SELECTORS = ("\ufe0e", "\ufe0f")


@dataclass(frozen=True, slots=True)
class CutText:
    """A text as it was and as it leaves."""

    original: str
    sent: str

    @property
    def changed(self) -> bool:
        """Whether the entry has to say that this text was altered."""
        return self.sent != self.original


class TextRefused(ValueError):
    """The sheet does not let this text be shortened. `code` is a finding of `qontable.findings`."""

    def __init__(self, code: str, other: str | None = None) -> None:
        self.code = code
        self.other = other
        super().__init__(code)


def cut(text: str, length: int) -> str:
    """At most `length` characters from the start; a character is never parted from its accents or joiners."""
    if len(text) <= length:
        return text
    end = max(length, 0)
    while end > 0 and _continues(text, end):
        end -= 1
    return text[:end]


def cut_start(text: str, length: int) -> str:
    """At most `length` characters from the end: of a number, what tells it from others. Nothing is parted either."""
    start = max(len(text) - max(length, 0), 0)
    while 0 < start < len(text) and _continues(text, start):
        start += 1
    return text[start:]


def cut_label(label: str, limit: Limit | None, suffix: str = "") -> CutText:
    """The label followed by `suffix`, within the limit. `original` is what would leave if there were no limit.

    Raises `TextRefused`: `text_too_long` or `text_characters` where the sheet refuses instead of cutting,
    `suffix_too_long` when the limit leaves no room for the suffix.
    """
    whole = label + suffix
    if limit is None:
        return CutText(whole, whole)
    allowed = _allowed(label, limit)
    if len(allowed) + len(suffix) > limit.max:
        if limit.overflow == "refuse":
            raise TextRefused("text_too_long")
        if len(suffix) > limit.max:
            raise TextRefused("suffix_too_long")
        allowed = cut(allowed, limit.max - len(suffix))
    return CutText(whole, allowed + suffix)


def cut_code(code: str, limit: Limit | None, others: Iterable[str] = ()) -> CutText:
    """A code within the limit; `others` are the codes of the file that could become the same, `code` itself ignored.

    Raises `TextRefused`: `code_too_long` unless the sheet declares `cut_after_collision_check`, `code_characters` for a
    character that the sheet does not allow, `codes_collide` (naming the other code) when two codes would become one.
    """
    if limit is None:
        return CutText(code, code)
    if limit.characters is not None and "".join(re.findall(limit.characters, code)) != code:
        raise TextRefused("code_characters")
    if limit.overflow != "cut_after_collision_check":
        if len(code) > limit.max:
            raise TextRefused("code_too_long")
        return CutText(code, code)
    sent = code[: limit.max]
    for other in others:
        if other != code and other[: limit.max] == sent:
            raise TextRefused("codes_collide", other)
    return CutText(code, sent)


def _allowed(text: str, limit: Limit) -> str:
    """Without the characters that the sheet's `characters` (an expression for one character) does not match.

    Where the sheet refuses instead of cutting, raises `TextRefused("text_characters")` for any such character.
    """
    if limit.characters is None:
        return text
    kept = "".join(re.findall(limit.characters, text))
    if kept != text and limit.overflow == "refuse":
        raise TextRefused("text_characters")
    return kept


def _continues(text: str, position: int) -> bool:
    """Whether the character at `position` belongs to the one before it."""
    character = text[position]
    return (
        unicodedata.combining(character) != 0
        or character == _JOINER
        or character in _SELECTORS
        or text[position - 1] == _JOINER
    )
