"""Charts in which third parties' accounts stand among the others, and how one is read."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable

from gateways.domain.outcome import EnsuredAccounts, NotAnswered
from qontable.events.delivery import SoftwareMessage
from qontable.events.reference import Account, ReferenceKind, ReferenceRows

AUXILIARY_ROOTS = ("421", "467")
"""Roots whose accounts are subsidiary only with an auxiliary part, a name rather than a number (facts 1, TRA-1)."""


def is_subsidiary(number: str, roots: tuple[str, ...]) -> bool:
    """Whether an account is a third party's: all under these roots; under 421 and 467 those named like people."""
    return number.startswith(roots) or (number.startswith(AUXILIARY_ROOTS) and not number.isdecimal())


def told_apart(accounts: Iterable[Account], roots: tuple[str, ...]) -> ReferenceRows:
    """Accounts of one list as general and subsidiary ones."""
    general: list[Account] = []
    subsidiary: list[Account] = []
    for account in accounts:
        (subsidiary if is_subsidiary(account.number, roots) else general).append(account)
    return ReferenceRows(accounts=tuple(general), subsidiaries=tuple(subsidiary))


async def read(
    kinds: Collection[ReferenceKind],
    *,
    accounts: Callable[[], AsyncIterator[ReferenceRows]],
    journals: Callable[[], Awaitable[ReferenceRows]],
    fiscal_years: Callable[[], Awaitable[ReferenceRows]],
) -> AsyncIterator[ReferenceRows]:
    """Reference data of these kinds by these readers; nothing is asked that no kind needs.

    Accounts and subsidiary accounts are one list in the software; the kind that was not asked for is left out.
    """
    unasked = {"accounts", "subsidiaries"} - set(kinds)
    if len(unasked) < 2:
        async for rows in accounts():
            yield rows.model_copy(update=dict.fromkeys(unasked, ()))
    if "journals" in kinds:
        yield await journals()
    if "fiscal_years" in kinds:
        yield await fiscal_years()


async def ensure_each(accounts: Iterable[Account], ensure: Callable[[str, str], Awaitable[object]]) -> EnsuredAccounts:
    """Have `ensure` see to each account by number and label; one that the software refuses does not stop the others.

    Raises `NotAnswered` when an account could not be asked for at all.
    """
    present: list[str] = []
    refused: dict[str, SoftwareMessage] = {}
    for account in accounts:
        try:
            await ensure(account.number, account.label)
        except NotAnswered as error:
            if error.failure.cause != "refused":
                raise
            refused[account.number] = error.failure.message
        else:
            present.append(account.number)
    return EnsuredAccounts(present=tuple(present), refused=refused)
