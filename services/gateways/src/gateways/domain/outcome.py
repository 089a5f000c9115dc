"""What may come of a call to the software: closed sets, matched exhaustively (DESIGN 5 and 7).

`SendOutcome` answers *did the entry reach the books?* Three of its members say that it surely did not: it may leave
again (`Throttled`, `NotSent`) or must not leave unchanged (`Rejected`). `Unknown` says that we do not know, and an
entry in that state is never sent again before it has been looked up. Reads have outcomes of their own: for them a
failure of any kind only means that the software could not be asked.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Literal

from qontable.events.delivery import Cut, DocumentState, SoftwareMessage

HaltCause = Literal["unreachable", "credentials", "plugin_off"]
ReadCause = Literal["unreachable", "credentials", "plugin_off", "throttled", "refused"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What passed between us and the software, for the attempt's row: redacted, safe to keep and to show.

    `sent` is the body as composed, each document replaced by its hash; `answered` the start of the answer as it came.
    Neither ever holds a credential. `cuts` are the texts that were shortened by declared policy.
    """

    http_status: int | None = None
    request_id: str | None = None
    sent: bytes | None = None
    answered: bytes | None = None
    cuts: tuple[Cut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The entry is in the books, as `software_entry_id` where the software says its id."""

    name: ClassVar[str] = "accepted"
    exchange: Exchange
    software_entry_id: str | None = None
    documents: DocumentState = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAccepted:
    """The software took the entry as a job whose verdict comes later: ask `verify` for `handle` after `poll_after`.

    `together` is how many entries the job holds, this one included.
    """

    name: ClassVar[str] = "job_accepted"
    exchange: Exchange
    handle: str
    poll_after: timedelta
    together: int = 1
    documents: DocumentState = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """The software has the entry but shows it in its books only later: ask `verify` after `verify_after`."""

    name: ClassVar[str] = "handed_over"
    exchange: Exchange
    verify_after: timedelta
    handle: str | None = None
    documents: DocumentState = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The entry is not in the books and will be refused again as it is; the message says why and what to do."""

    name: ClassVar[str] = "rejected"
    exchange: Exchange
    message: SoftwareMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRefused:
    """The software refused a call or a job as a whole, and does not say which of its entries is to blame.

    Answered to `send`, nothing was booked: the call was not even taken. Answered to `verify`, the job has ended; what
    it booked before it failed is found by looking. `together` is how many entries the call held, where the connector
    knows it; a job holds as many as were taken with it.
    """

    name: ClassVar[str] = "batch_refused"
    exchange: Exchange
    message: SoftwareMessage
    together: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttled:
    """Nothing was booked: too many calls. `retry_after` is the software's own word, if it gave one."""

    name: ClassVar[str] = "throttled"
    exchange: Exchange
    message: SoftwareMessage
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """Nothing was booked, and the entry is not to blame.

    `credentials` halts the lane until a person acts; `plugin_off` and `unreachable` are retried, the former rarely.
    """

    name: ClassVar[str] = "not_sent"
    exchange: Exchange
    message: SoftwareMessage
    cause: HaltCause = "unreachable"
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The entry may or may not be in the books: look it up, do not send it again.

    `reference_taken` says that the software answered that it has this reference already: it can be looked up at once.
    """

    name: ClassVar[str] = "unknown"
    exchange: Exchange
    message: SoftwareMessage
    reference_taken: bool = False


SendOutcome = Accepted | JobAccepted | HandedOver | Rejected | BatchRefused | Throttled | NotSent | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class CouldNotAsk:
    """The software gave no usable answer to a question; what we knew before still holds."""

    name: ClassVar[str] = "could_not_ask"
    exchange: Exchange
    message: SoftwareMessage
    cause: ReadCause = "unreachable"
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The software has the entry. `documents` and `exchange.cuts` are as `send` would have told them."""

    name: ClassVar[str] = "found"
    exchange: Exchange
    software_entry_id: str
    documents: DocumentState = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSeveral:
    """The software has more than one entry that may be it; the message names them, and a person decides."""

    name: ClassVar[str] = "found_several"
    exchange: Exchange
    message: SoftwareMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound:
    """The software answered, in its own words for it, that it has no such entry."""

    name: ClassVar[str] = "not_found"
    exchange: Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class StillPending:
    """The job has no verdict yet, or the books do not show the entry yet: ask again after `ask_after` at the earliest.

    Pauses grow from one such answer to the next.
    """

    name: ClassVar[str] = "still_pending"
    exchange: Exchange
    ask_after: timedelta


FindOutcome = Found | FoundSeveral | NotFound | CouldNotAsk
VerifyOutcome = Found | FoundSeveral | NotFound | StillPending | Rejected | BatchRefused | CouldNotAsk


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialsAccepted:
    """The credentials open the software."""

    name: ClassVar[str] = "credentials_accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialsRefused:
    """The software says that these credentials do not open it."""

    name: ClassVar[str] = "credentials_refused"
    message: SoftwareMessage


CredentialsOutcome = CredentialsAccepted | CredentialsRefused | CouldNotAsk


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsuredAccounts:
    """Accounts that now exist, and those that the software refused to create, with its reason."""

    present: tuple[str, ...] = ()
    refused: dict[str, SoftwareMessage] = field(default_factory=dict)


class NotAnswered(Exception):
    """Raised by reads that return data: the software could not be asked. Nothing was changed by the call."""

    def __init__(self, failure: CouldNotAsk) -> None:
        self.failure = failure
        super().__init__(failure.message.category)


def before_sending(failure: CouldNotAsk) -> SendOutcome:
    """What it means for an entry that a question asked *before* the write was not answered: nothing was sent."""
    match failure.cause:
        case "throttled":
            return Throttled(exchange=failure.exchange, message=failure.message, retry_after=failure.retry_after)
        case "refused":
            return Rejected(exchange=failure.exchange, message=failure.message)
        case cause:
            return NotSent(
                exchange=failure.exchange, message=failure.message, cause=cause, retry_after=failure.retry_after
            )
