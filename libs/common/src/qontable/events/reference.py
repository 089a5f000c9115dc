"""Reference data on the move: refreshes asked for, snapshots fetched, differences published."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

import orjson
from pydantic import Field

from qontable.bilingual import Told
from qontable.events.base import DateText, Event, Id, Instant, Part, Text, Version

ReferenceKind = Literal["accounts", "subsidiaries", "journals", "fiscal_years"]
REFERENCE_KINDS: tuple[ReferenceKind, ...] = ("accounts", "subsidiaries", "journals", "fiscal_years")
JournalType = Literal["purchases", "sales", "bank", "cash", "expense_reports", "general", "opening", "other"]


class Account(Part):
    """A general or subsidiary account of the software. `closed` accounts refuse new lines."""

    number: Text
    label: Text
    closed: bool = False


class ReferenceJournal(Part):
    """A journal of the software; a bank journal may name the account it balances against."""

    code: Text
    label: Text
    type: JournalType
    closed: bool = False
    account: Text | None = None


class FiscalYear(Part):
    """A fiscal year: both dates belong to it."""

    start: DateText
    end: DateText
    closed: bool = False


class ReferenceRows(Part):
    """Rows of one part of a snapshot, by kind; which general account a subsidiary belongs to is its number's root."""

    accounts: tuple[Account, ...] = ()
    subsidiaries: tuple[Account, ...] = ()
    journals: tuple[ReferenceJournal, ...] = ()
    fiscal_years: tuple[FiscalYear, ...] = ()


class AccountsRefreshRequested(Event):
    """Fetch this file's reference data; asked once per `refresh_id`."""

    type_name: ClassVar[str] = "accounts.refresh_requested"
    refresh_id: Id
    firm_id: Id
    file_id: Id
    connection_id: Id
    connector: Id
    software_file_id: Id
    kinds: tuple[ReferenceKind, ...] = REFERENCE_KINDS
    reason: Literal["mapping", "weekly", "button", "unknown_account"]
    requested_at: Instant


class Closing(Part):
    """The last record of a snapshot: how many parts there are and the hash over all rows (`snapshot_hash`)."""

    parts: int
    rows: int
    sha256: str
    started_at: Instant


class Failure(Part):
    """Why reference data could not be fetched: our category and remedy, and the software's own words; `ours` where it
    has said nothing, as in `SoftwareMessage`."""

    category: Id
    message: Text
    remedy: Told = Field(default_factory=dict)
    ours: Told = Field(default_factory=dict)


class AccountsFetched(Event):
    """One numbered part of a snapshot, or its closing record, or why it failed: exactly one of the three.

    `fetch_id` names one run of a refresh: a refresh fetched again after a crash has another, and parts never mix.
    """

    type_name: ClassVar[str] = "accounts.fetched"
    refresh_id: Id
    fetch_id: Id
    firm_id: Id
    file_id: Id
    connection_id: Id
    software_file_id: Id
    kinds: tuple[ReferenceKind, ...] = REFERENCE_KINDS
    part: int | None = None
    rows: ReferenceRows | None = None
    closing: Closing | None = None
    failure: Failure | None = None


class ReferenceChanges(Part):
    """Rows of a difference. `removed` rows were in the previous version and are not in the software any more."""

    created: ReferenceRows = ReferenceRows()
    changed: ReferenceRows = ReferenceRows()
    removed: ReferenceRows = ReferenceRows()


class AccountsRefreshed(Event):
    """What changed in a file's reference data from one version to the next, in numbered parts.

    `full` records carry the whole state as `created` rows and replace whatever the reader holds. A reader that sees a
    `from_version` it does not hold asks for the full state. `kinds` were fetched at `refreshed_at`; where nothing had
    changed, both versions are the same.
    """

    type_name: ClassVar[str] = "accounts.refreshed"
    firm_id: Id
    file_id: Id
    connection_id: Id
    software_file_id: Id
    from_version: Version
    version: Version
    full: bool = False
    kinds: tuple[ReferenceKind, ...] = REFERENCE_KINDS
    part: int = 1
    parts: int = 1
    changes: ReferenceChanges
    refreshed_at: Instant


class AccountsFullRequested(Event):
    """A reader missed a version and asks `reference_data` to publish the file's full state again."""

    type_name: ClassVar[str] = "accounts.full_requested"
    firm_id: Id
    file_id: Id
    reader: Id


class AccountsCreationRequested(Event):
    """Create these accounts in the software."""

    type_name: ClassVar[str] = "accounts.creation_requested"
    firm_id: Id
    file_id: Id
    connection_id: Id
    connector: Id
    software_file_id: Id
    accounts: tuple[Account, ...]


class SnapshotHash:
    """The hash over all rows of a snapshot in the order of their parts, taken part by part."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, rows: ReferenceRows) -> None:
        """Take in the next part."""
        self.add_values(rows.model_dump(mode="json", exclude_none=True))

    def add_values(self, values: Mapping[str, Any]) -> None:
        """Take in the next part, given as the plain values that it is on the wire."""
        self._digest.update(orjson.dumps(values, option=orjson.OPT_SORT_KEYS))

    def hexdigest(self) -> str:
        """What the closing record says when this was the last part."""
        return self._digest.hexdigest()


def snapshot_hash(parts: Iterable[ReferenceRows]) -> str:
    """Hash over all rows of a snapshot in the order of their parts; both ends compute it the same way."""
    digest = SnapshotHash()
    for rows in parts:
        digest.add(rows)
    return digest.hexdigest()
