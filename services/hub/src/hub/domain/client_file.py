"""A client file and its tie to a file of the accounting software."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel

from hub.domain.sending import NextSending
from qontable.events.hub import FilePolicies, Frequency, SoftwareFile
from qontable.events.reference import Failure

FileState = Literal["to_map", "to_activate", "activating", "active", "suspended", "problem", "closed"]
SENDING: tuple[FileState, ...] = ("activating", "active", "problem")
"""States in which entries leave as soon as nothing else holds them up."""
BeforeSendFrom = Literal["wait", "already_in_books"]
RefreshState = Literal["never", "asked", "retrieved", "failed", "refreshed"]


class ClientFile(BaseModel):
    """One client's books in Qonto. `state` is what its line shows; `version` counts changes of the integration.

    `frequency` is its connection's; `next_sending` is filled in for people, of files whose entries leave daily.
    """

    file_id: str
    name: str
    siren: str | None
    code: str | None
    state: FileState
    closed_at: datetime | None
    version: int
    connection_id: str | None
    connector: str | None
    software_file: SoftwareFile | None
    active: bool
    send_from: date | None
    before_send_from: BeforeSendFrom
    journal_map: dict[str, str]
    policies: FilePolicies
    reference_version: int
    reference_refreshed_at: datetime | None
    frequency: Frequency | None
    next_sending: NextSending | None = None

    @property
    def sends_daily(self) -> bool:
        """Whether entries leave in the evening."""
        return self.state in SENDING and self.frequency == "daily"


class ChangeCounts(BaseModel):
    """How many rows of one kind of reference data came, changed and went."""

    created: int = 0
    changed: int = 0
    removed: int = 0


class Refresh(BaseModel):
    """Where the last refresh of a file's reference data stands, and what the last one that came through changed.

    asked: no answer yet; retrieved: everything is there and is being compared; failed: `failure` says why.
    """

    state: RefreshState
    refresh_id: str | None = None
    asked_at: datetime | None = None
    asked_by: str | None = None
    ended_at: datetime | None = None
    failure: Failure | None = None
    version: int = 0
    refreshed_at: datetime | None = None
    changes: dict[str, ChangeCounts] = {}
