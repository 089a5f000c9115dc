"""What a firm's key to a software looks like, and how much of it is typed where in the Hub's wizard."""

from collections.abc import Mapping
from dataclasses import dataclass, field

HALF = 32
"""Characters of each half of a key that commands make up."""


@dataclass(frozen=True, slots=True)
class KeyForm:
    """`whole` is the key as the software knows it; `typed` is what the firm types, by field of the connector's wizard.

    `{id}` and `{secret}` stand for the halves of a key; a software whose key is one word does not tell them apart.
    """

    whole: str = "{id}{secret}"
    typed: Mapping[str, str] = field(default_factory=lambda: {"token": "{id}{secret}"})

    def key(self, random: str) -> str:
        """The whole key made of 64 random characters."""
        return self.whole.format(id=random[:HALF], secret=random[HALF:])

    def fields(self, random: str) -> dict[str, str]:
        """The same key as it is typed."""
        return {name: text.format(id=random[:HALF], secret=random[HALF:]) for name, text in self.typed.items()}
