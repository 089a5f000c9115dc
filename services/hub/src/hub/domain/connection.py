"""A firm's link to one accounting software, and the trial of its credentials."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from hub.domain.sending import NextSending
from qontable.events.base import Id
from qontable.events.connector import Health, Prerequisite
from qontable.events.delivery import SoftwareMessage
from qontable.events.hub import ConnectionOptions, Frequency, SoftwareFile, Throttle
from qontable.sheet import Sheet

ConnectionState = Literal["to_confirm", "enabled", "disabled"]
CheckPurpose = Literal["credentials", "listing"]
CheckStatus = Literal["pending", "accepted", "refused", "unreachable"]


class Connector(BaseModel):
    """An accounting software that can be connected, with its whole data sheet."""

    connector: str
    version: int
    sheet: Sheet


class ChosenOptions(BaseModel):
    """The options of the wizard's first screen (`qonto-domain.md` 2.3, 2.4)."""

    model_config = ConfigDict(extra="forbid")

    frequency: Frequency
    synchronize_accounts: bool


class ChosenThrottle(BaseModel):
    """How often a vendor lets a firm's software be called: `requests` per `seconds`, `concurrent` at a time."""

    model_config = ConfigDict(extra="forbid")

    requests: int = Field(ge=1, le=100_000)
    seconds: float = Field(ge=0.1, le=86_400, allow_inf_nan=False)
    concurrent: int = Field(ge=1, le=1_000)

    def throttle(self) -> Throttle:
        """The throttle as it travels."""
        return Throttle(**self.model_dump())


class ConnectionHealth(BaseModel):
    """How the connection fares, since when, and the software's last words."""

    state: Health
    since: datetime
    message: SoftwareMessage | None


class Connection(BaseModel):
    """A connection without its credentials, which nobody reads back. `throttle` None: the data sheet's.

    `next_sending` is filled in for people, of connections that send daily.
    """

    connection_id: str
    connector: str
    name: str
    state: ConnectionState
    version: int
    options: ConnectionOptions
    throttle: Throttle | None
    health: ConnectionHealth | None
    created_at: datetime
    next_sending: NextSending | None = None

    @property
    def sends_daily(self) -> bool:
        """Whether entries leave in the evening."""
        return self.state == "enabled" and self.options.frequency == "daily"

    @property
    def stands_still(self) -> bool:
        """Whether nobody asks the software anything: what is in doubt there, only a person can tell."""
        return self.state != "enabled" or (self.health is not None and self.health.state == "credentials_refused")


class Check(BaseModel):
    """One trial: of new credentials, to be confirmed, or of those in place, to list software files again."""

    check_id: str
    connection_id: str
    purpose: CheckPurpose
    status: CheckStatus
    software_file_id: str | None
    message: SoftwareMessage | None
    software_files: list[SoftwareFile]
    prerequisites: list[Prerequisite]
    requested_at: datetime
    checked_at: datetime | None
    confirmed_at: datetime | None


class ListedSoftwareFile(SoftwareFile):
    """A software file of a connection, and the client file that is tied to it."""

    tied_to: Id | None


class Consequence(BaseModel):
    """What a change means for entries on their way, in figures.

    `waiting` entries are ready to sync, `under_way` ones are being sent; of these, `unknown` and `parked` have no
    outcome yet.
    """

    waiting: int
    under_way: int
    unknown: int
    parked: int
