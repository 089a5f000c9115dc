"""A scenario: what is tried, and when a data sheet says that there is nothing to try."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from qontable.sheet import Sheet

from .desk import Desk

Run = Callable[[Desk], Awaitable[None]]
Reason = Callable[[Sheet], str | None]


def always(_: Sheet) -> str | None:
    """Every software knows a case of it."""
    return None


@dataclass(frozen=True, slots=True)
class Scenario:
    """`unless` reads from a sheet why there is no case of it. One that does not connect opens its connection itself."""

    name: str
    run: Run
    unless: Reason = always
    connects: bool = True

    def not_applicable(self, sheet: Sheet) -> str | None:
        """Why this connector cannot be asked: what its sheet declares, or what follows from the sheet."""
        return sheet.not_applicable.get(self.name) or self.unless(sheet)


def without(capability: str) -> Reason:
    """There is no case where the sheet says that the software cannot."""

    def reason(sheet: Sheet) -> str | None:
        fact = sheet.capabilities.get(capability)
        if fact is None:
            return f"the sheet does not name the capability {capability}"
        return None if fact.value else f"{capability.replace('_', ' ')}: no ({fact.source})"

    return reason
