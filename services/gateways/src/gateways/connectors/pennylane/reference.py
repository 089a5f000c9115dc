"""Reference data of a Pennylane company: accounts, subsidiary accounts, journals and fiscal years."""

from collections.abc import AsyncIterator

from gateways.connectors.pennylane.answers import ACCOUNTS, JOURNALS, YEARS, Account, Journal, Year
from gateways.connectors.pennylane.api import COMPANY, PAGE, Api
from gateways.domain.charts import told_apart
from gateways.domain.port import Books
from qontable.events.reference import Account as ReferenceAccount
from qontable.events.reference import FiscalYear, JournalType, ReferenceJournal, ReferenceRows

OPEN_YEARS = ("open", "reopen")
JOURNAL_TYPES: dict[str, JournalType] = {
    "purchase": "purchases",
    "sale": "sales",
    "bank": "bank",
    "miscellaneous": "general",
    "new_year": "opening",
}
"""The vendor's `type`, whose values it does not enumerate; all others (payroll …) are `other`."""


async def read_accounts(api: Api, books: Books) -> AsyncIterator[ReferenceRows]:
    """Every account, subsidiary or not, page by page. Remembers the ids. Raises `NotAnswered`.

    Those that are enabled come first: where several accounts have one number, that which takes lines is told.
    """
    told: set[str] = set()
    for enabled in ("true", "false"):
        filters = [("enabled", "eq", enabled)]
        async for page in api.pages(ACCOUNTS, f"{COMPANY}/ledger_accounts", filters=filters):
            fresh = {account.number: account for account in page if account.number not in told}
            told |= fresh.keys()
            await books.remember("account", {number: str(account.id) for number, account in fresh.items()})
            yield told_apart(map(_account, fresh.values()), api.sheet.accounts.subsidiary_roots)


async def read_journals(api: Api, books: Books) -> ReferenceRows:
    """Every journal. Remembers the ids. Raises `NotAnswered`."""
    journals: list[Journal] = []
    async for page in api.pages(JOURNALS, f"{COMPANY}/journals"):
        journals += page
    await books.remember("journal", {journal.code: str(journal.id) for journal in journals})
    return ReferenceRows(
        journals=tuple(
            ReferenceJournal(
                code=journal.code, label=journal.label, type=JOURNAL_TYPES.get(journal.type, "other"), closed=False
            )
            for journal in journals
        )
    )


async def read_years(api: Api) -> tuple[Year, ...]:
    """Every fiscal year. Raises `NotAnswered`."""
    years: list[Year] = []
    async for page in api.numbered_pages(YEARS, f"{COMPANY}/fiscal_years", PAGE):
        years += page
    return tuple(years)


async def read_fiscal_years(api: Api) -> ReferenceRows:
    """The same as reference data."""
    return ReferenceRows(
        fiscal_years=tuple(
            FiscalYear(start=year.start.isoformat(), end=year.finish.isoformat(), closed=not is_open(year))
            for year in await read_years(api)
        )
    )


def is_open(year: Year) -> bool:
    """Whether entries can be dated in it."""
    return year.status in OPEN_YEARS


def _account(account: Account) -> ReferenceAccount:
    return ReferenceAccount(number=account.number, label=account.label, closed=account.closed)
