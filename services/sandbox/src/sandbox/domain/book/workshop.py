"""The workshop whose books are generated: who it is, its chart, and everyone it deals with, from `workshop.toml`."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import Field

from qontable.events.base import Part
from qontable.events.reference import JournalType

Euros = tuple[int, int]


class Company(Part):
    """Whose books these are."""

    name: str
    siren: str
    code: str


class BookJournal(Part):
    """A journal of the book; a bank journal names its account."""

    code: str
    label: str
    type: JournalType
    account: str | None = None


class Axis(Part):
    """The analytic axis and its sections, code → label."""

    code: str
    label: str
    sections: dict[str, str]


class ThirdParty(Part):
    """A supplier or customer: what is bought from it or sold to it, how often, for how much before VAT."""

    code: str
    label: str
    siren: str | None = None
    account: str
    vat: Literal["20", "10", "5.5", "2.1", "reverse", "none"]
    currency: str = "EUR"
    between: Euros
    share: int
    goods: tuple[str, ...]
    number: str = "FC-2026-{n:05d}"
    lines: int = 1
    analytic: bool = False


class Employee(Part):
    """An employee with an account of their own; `salary` is the monthly net pay in euros."""

    code: str
    label: str
    salary: int


class Spending(Part):
    """Something that employees spend or that the bank takes; some VAT the law does not let anyone deduct."""

    account: str
    label: str
    vat: Literal["20", "10", "none"] = "none"
    between: Euros
    deductible: bool = True


class Workshop(Part):
    """Everything that `workshop.toml` says."""

    company: Company
    journals: tuple[BookJournal, ...]
    axis: Axis
    accounts: dict[str, str]
    suppliers: tuple[ThirdParty, ...] = Field(min_length=1)
    customers: tuple[ThirdParty, ...] = Field(min_length=1)
    employees: tuple[Employee, ...] = Field(min_length=1)
    expenses: tuple[Spending, ...]
    charges: tuple[Spending, ...]

    def journal(self, type_: JournalType) -> BookJournal:
        """The journal of a type; there is one of each."""
        return next(journal for journal in self.journals if journal.type == type_)


@cache
def load_workshop() -> Workshop:
    """The workshop, read once."""
    content = files("sandbox.domain.book").joinpath("workshop.toml").read_text(encoding="utf-8")
    return Workshop.model_validate(tomllib.loads(content))
