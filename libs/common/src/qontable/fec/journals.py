"""The type that a journal's lines demand of it.

A software lets a journal hold only what its type allows: in one that states it a purchase journal refuses customer
accounts, a bank journal wants a 51 or 54 account in every entry and a cash journal a 53 (`vendor-apis.md` 1; its codes
ECR36 and ECR37). So a type is given only where every entry of the journal fits it; a journal of mixed entries is a
general one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from qontable.events.reference import JournalType

Roots = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TypeRule:
    """A type, the roots of which every entry has one, and the roots that no line may have.

    `opening` asks besides that all entries stand on the first day of the fiscal year.
    """

    type: JournalType
    every: Roots
    never: Roots = ()
    opening: bool = False


RULES = (
    TypeRule("opening", every=("1", "2", "3", "4", "5"), never=("6", "7"), opening=True),
    TypeRule("cash", every=("53",)),
    TypeRule("bank", every=("51", "54")),
    TypeRule("expense_reports", every=("421", "425", "467"), never=("40", "41", "43", "5", "64", "7")),
    TypeRule("purchases", every=("40",), never=("41", "42", "43", "5", "70")),
    TypeRule("sales", every=("41",), never=("40", "42", "43", "5", "6")),
)
"""The first rule that a journal keeps gives its type; without any it is general."""


@dataclass(slots=True)
class JournalSurvey:
    """What is known of one journal after some of its entries."""

    code: str
    label: str = ""
    first_day: date = date.max
    last_day: date = date.min
    capital: bool = False
    _kept: tuple[TypeRule, ...] = RULES
    _bank_accounts: set[str] | None = None

    def add(self, label: str, day: date, accounts: Collection[str]) -> None:
        """Take the next entry of this journal into account: the journal's label there, its date, its accounts."""
        self.label = self.label or label
        self.first_day = min(self.first_day, day)
        self.last_day = max(self.last_day, day)
        self.capital = self.capital or any(account.startswith("1") for account in accounts)
        self._kept = tuple(rule for rule in self._kept if _fits(rule, accounts))
        banks = {account for account in accounts if account.startswith(("51", "53", "54"))}
        self._bank_accounts = banks if self._bank_accounts is None else self._bank_accounts & banks

    def type(self, year_starts: set[date]) -> JournalType:
        """The journal's type; `year_starts` are the first days of the fiscal years."""
        opening = self.first_day == self.last_day and self.first_day in year_starts and self.capital
        return next((rule.type for rule in self._kept if opening or not rule.opening), "general")

    @property
    def account(self) -> str | None:
        """The bank or cash account that every entry of the journal has, if there is exactly one."""
        return next(iter(self._bank_accounts)) if self._bank_accounts and len(self._bank_accounts) == 1 else None


def _fits(rule: TypeRule, accounts: Collection[str]) -> bool:
    return any(account.startswith(rule.every) for account in accounts) and not any(
        account.startswith(rule.never) for account in accounts if rule.never
    )
