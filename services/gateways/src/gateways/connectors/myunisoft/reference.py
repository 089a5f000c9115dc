"""Reference data of a MyUnisoft file: accounts, subsidiary accounts, journals and fiscal years.

The list of accounts counts its pages but no parameter is known that asks for one. `begin_by` is known: the chart is
read class by class, and a class whose answer is not whole is divided by the next character. A list that does not add
up to the number that MyUnisoft states is no snapshot.
"""

from collections.abc import AsyncIterator, Iterator, Sequence

from gateways.connectors.myunisoft.answers import ACCOUNTS, DIARIES, EXERCICES, Account, Diary
from gateways.connectors.myunisoft.api import Api
from gateways.domain.charts import told_apart
from gateways.domain.outcome import NotAnswered
from gateways.domain.port import Books
from qontable.events.reference import Account as ReferenceAccount
from qontable.events.reference import FiscalYear, JournalType, ReferenceJournal, ReferenceRows

PART_ROWS = 1_000
CLASSES = "123456789"
DIVISIONS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
JOURNAL_TYPES: dict[str, JournalType] = {
    "ACH": "purchases",
    "VTE": "sales",
    "BQ": "bank",
    "CAISSE": "cash",
    "NDF": "expense_reports",
    "OD": "general",
    "AN": "opening",
}
"""The vendor's `diary_type_code`; all others (payroll, reversals, tax returns …) are `other`."""


async def read_accounts(api: Api, books: Books) -> AsyncIterator[ReferenceRows]:
    """Every account, subsidiary or not, in parts. Remembers the ids. Raises `NotAnswered`, also for half a list."""
    for digit in CLASSES:
        async for accounts in _below(api, digit):
            await books.remember("account", {item.account_number: str(item.account_id) for item in accounts})
            for part in _parts(accounts):
                yield told_apart(map(_account, part), api.sheet.accounts.subsidiary_roots)


async def read_journals(api: Api, books: Books) -> ReferenceRows:
    """Every journal. Remembers the ids. Raises `NotAnswered`."""
    journals = await api.get(DIARIES, "/diary")
    await books.remember("journal", {journal.code: str(journal.diary_id) for journal in journals})
    return ReferenceRows(journals=tuple(_journal(journal) for journal in journals))


async def read_fiscal_years(api: Api) -> ReferenceRows:
    """Every fiscal year. Raises `NotAnswered`."""
    years = await api.get(EXERCICES, "/society/exercice")
    return ReferenceRows(
        fiscal_years=tuple(
            FiscalYear(start=year.start_date.isoformat(), end=year.end_date.isoformat(), closed=year.closed)
            for year in years
        )
    )


async def _below(api: Api, prefix: str) -> AsyncIterator[Sequence[Account]]:
    """The accounts whose number starts with `prefix`, each once."""
    page = await api.get(ACCOUNTS, "/account", mode="2", begin_by=prefix)
    if page.whole:
        yield page.account_array
        return
    own = [account for account in page.account_array if account.account_number == prefix]
    count = len(own)
    yield own
    for character in DIVISIONS:
        async for accounts in _below(api, prefix + character):
            count += len(accounts)
            yield accounts
    if count != page.rows_number:
        raise NotAnswered(
            api.reader.unclear(
                {
                    "fr": f"MyUnisoft compte {page.rows_number} comptes sous {prefix}, mais en donne {count}.",
                    "en": f"MyUnisoft counts {page.rows_number} accounts under {prefix} but lists {count}.",
                }
            )
        )


def _parts(accounts: Sequence[Account]) -> Iterator[Sequence[Account]]:
    for start in range(0, len(accounts), PART_ROWS):
        yield accounts[start : start + PART_ROWS]


def _account(account: Account) -> ReferenceAccount:
    return ReferenceAccount(
        number=account.account_number, label=account.label, closed=account.blocked or account.closed
    )


def _journal(journal: Diary) -> ReferenceJournal:
    return ReferenceJournal(
        code=journal.code,
        label=journal.name,
        type=JOURNAL_TYPES.get(journal.diary_type_code, "other"),
        closed=journal.blocked or journal.closed,
        account=journal.account.number if journal.account else None,
    )
