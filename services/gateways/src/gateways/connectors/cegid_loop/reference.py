"""Reference data of a client file: general accounts, third parties and journals. Fiscal years have no route.

Third parties come from four routes, one for each kind; the collective account of one is not part of its code, so a
line names both.
"""

from collections.abc import AsyncIterator, Collection, Sequence

from gateways.connectors.cegid_loop.answers import COMPTE, JOURNAL, TIERS, Journal, Tiers
from gateways.connectors.cegid_loop.api import Api, quoted
from gateways.domain.port import Books
from qontable.events.reference import Account, JournalType, ReferenceJournal, ReferenceRows

THIRD_PARTIES = ("/tiersFournisseur", "/tiersClient", "/tierssalarie", "/tiersDivers")
"""Suppliers, customers, employees, others; the spelling is the vendor's."""

JOURNAL_TYPES: dict[int, JournalType] = {
    1: "purchases",
    2: "general",
    3: "opening",
    4: "bank",
    5: "cash",
    8: "sales",
}
"""The vendor's `type`; 6 (currency gap), 7 (adjustment) and none are `other`."""


async def read_accounts(api: Api) -> AsyncIterator[ReferenceRows]:
    """Every general account. Raises `NotAnswered`."""
    async for page in api.pages(COMPTE, "/compte", sort="numero"):
        accounts = (Account(number=row.numero, label=row.libelle, closed=bool(row.ferme)) for row in page)
        yield ReferenceRows(accounts=tuple(accounts))


async def read_third_parties(api: Api, books: Books) -> AsyncIterator[ReferenceRows]:
    """Every third party. Remembers which there are. Raises `NotAnswered`."""
    for route in THIRD_PARTIES:
        async for page in api.pages(TIERS, route, sort="code"):
            await remember(books, page)
            yield ReferenceRows(subsidiaries=tuple(_subsidiary(row) for row in page))


async def read_journals(api: Api) -> AsyncIterator[ReferenceRows]:
    """Every journal. Raises `NotAnswered`."""
    async for page in api.pages(JOURNAL, "/journal", sort="code"):
        yield ReferenceRows(journals=tuple(_journal(row) for row in page))


async def missing_third_parties(api: Api, books: Books, codes: Collection[str]) -> set[str]:
    """Those of these codes that the client file does not have: not remembered, and not there. Raises `NotAnswered`."""
    remembered = await books.ids("account", [_name(code) for code in codes])
    missing = {code for code in codes if _name(code) not in remembered}
    for code in sorted(missing):
        if found := await find_third_party(api, code):
            await remember(books, found)
            missing.discard(code)
    return missing


async def find_third_party(api: Api, code: str) -> list[Tiers]:
    """The third party of this code, on whichever route it is; nothing where it is on none. Raises `NotAnswered`."""
    for route in THIRD_PARTIES:
        rows = await api.rows(TIERS, route, take=1, filter=f"code == {quoted(code)}")
        if found := [row for row in rows if row.code == code]:
            return found
    return []


async def remember(books: Books, rows: Sequence[Tiers]) -> None:
    """Keep that these third parties exist."""
    await books.remember("account", {_name(row.code): row.objectId or row.code for row in rows})


def _name(code: str) -> str:
    """A third party's place in the books, apart from a general account of the same number."""
    return f"tiers/{code}"


def _subsidiary(row: Tiers) -> Account:
    return Account(number=row.code, label=row.label, closed=row.actif is False)


def _journal(row: Journal) -> ReferenceJournal:
    return ReferenceJournal(
        code=row.code,
        label=row.libelle,
        type=JOURNAL_TYPES.get(row.type or 0, "other"),
        account=row.compteContrepartie,
    )
