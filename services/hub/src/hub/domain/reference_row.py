"""Reference data of a software file as people look at it: rows of four kinds, how fresh they are, what changed them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import BaseModel

from hub.domain.client_file import ChangeCounts
from qontable.events.reference import REFERENCE_KINDS, AccountsRefreshed, ReferenceKind, ReferenceRows


class ReferenceRow(BaseModel):
    """An account, a journal or a fiscal year. `code` is its number, its code or its first day.

    `details` holds `type` and perhaps `account` of a journal, `end` of a year, and nothing of an account.
    """

    code: str
    label: str
    closed: bool
    details: dict[str, str]


class HeldReference(BaseModel):
    """What is held of a file: the version, how many rows of each kind, and when each kind was last fetched."""

    version: int
    counts: dict[ReferenceKind, int]
    fetched_at: dict[ReferenceKind, datetime]


class PastRefresh(BaseModel):
    """One refresh that came through, and what it changed."""

    refreshed_at: datetime
    version: int
    kinds: list[ReferenceKind]
    changes: dict[ReferenceKind, ChangeCounts]


class KindRow(NamedTuple):
    """A row with its kind, as it is stored."""

    kind: ReferenceKind
    code: str
    label: str
    closed: bool
    details: dict[str, str]


def rows_of(rows: ReferenceRows) -> Iterator[KindRow]:
    """The rows of a part of a snapshot."""
    for account in rows.accounts:
        yield KindRow("accounts", account.number, account.label, account.closed, {})
    for account in rows.subsidiaries:
        yield KindRow("subsidiaries", account.number, account.label, account.closed, {})
    for journal in rows.journals:
        more = {"account": journal.account} if journal.account else {}
        yield KindRow("journals", journal.code, journal.label, journal.closed, {"type": journal.type, **more})
    for year in rows.fiscal_years:
        yield KindRow("fiscal_years", year.start, "", year.closed, {"end": year.end})


def count_changes(parts: Sequence[AccountsRefreshed]) -> dict[str, Any]:
    """Kind → how many rows were created, changed and removed, of the kinds in which anything was."""
    found = {
        kind: {
            what: sum(len(getattr(getattr(part.changes, what), kind)) for part in parts)
            for what in ("created", "changed", "removed")
        }
        for kind in REFERENCE_KINDS
    }
    return {kind: counts for kind, counts in found.items() if any(counts.values())}
