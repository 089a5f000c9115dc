"""The connector port: all that the house asks of an accounting software (DESIGN 7).

Rules that hold for every method, and that the conformance suite tests with every connector:

* **Nobody retries inside.** One call makes each request at most once; when to try again is the lane's decision.
* **One turn per request.** Every HTTP request waits for `Session.throttle` and starts only before `Session.deadline`.
* **What may be raised** is named by each method. Any other exception is a fault of the connector: the lane treats a
  `send` that raised as an unknown outcome and a read that raised as not answered.
* **Cancelling** is allowed at any moment; a cancelled `send` leaves an unknown outcome behind.
* **Twice is harmless** for every method but `send`: they read, or create only what is missing.
* Credentials appear in requests and nowhere else: not in an exception, a message, a log or an `Exchange`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

import httpx

from gateways.domain.deadline import Deadline
from gateways.domain.outcome import (
    CredentialsOutcome,
    EnsuredAccounts,
    FindOutcome,
    SendOutcome,
    VerifyOutcome,
)
from qontable.entry import Entry
from qontable.events.connector import Prerequisite
from qontable.events.delivery import KeptDocument, SoftwareMessage
from qontable.events.hub import FilePolicies, SoftwareFile
from qontable.events.reference import Account, ReferenceKind, ReferenceRows
from qontable.sheet import Sheet

BookKind = Literal["account", "journal", "analytic_axis", "analytic_section", "document"]


class Books(Protocol):
    """The ids that the software gives to accounts and journals of one software file. They never leave the gateways.

    An id is the connector's own text: nobody else reads it. Numbers are as the software spells them; a section of an
    analytic axis is `axis/section`, a document that is uploaded before its entry is `entry/hash`. Durable, shared by
    every process, and only a memory: the software stays the authority, and an id that it does not know any more is
    forgotten and asked for again.
    """

    async def ids(self, kind: BookKind, numbers: Collection[str]) -> dict[str, str]:
        """The ids remembered for these numbers or codes; the others are simply absent."""

    async def remember(self, kind: BookKind, ids: Mapping[str, str]) -> None:
        """Keep these ids, replacing older ones of the same number."""

    async def forget(self, kind: BookKind, numbers: Collection[str]) -> None:
        """Drop what is remembered for these numbers."""


@dataclass(frozen=True, slots=True)
class KeptTokens:
    """Tokens as they were kept. `generation` counts the renewals; from `renew_at` on they are to be renewed."""

    generation: int
    secrets: Mapping[str, str] = field(repr=False)
    renew_at: datetime


@dataclass(frozen=True, slots=True)
class NewTokens:
    """What a renewal brought. `renewed` is false where it brought only something to note of the tokens that we have."""

    secrets: Mapping[str, str] = field(repr=False)
    renew_at: datetime
    renewed: bool = True


class TokensUnreadable(Exception):
    """Tokens are kept, but no key here opens them."""


class Tokens(Protocol):
    """Tokens that the software gives in exchange for the session's credentials and renews (decision 14).

    They belong to these credentials: newly typed ones begin without any. Sealed like credentials, in clear only in
    memory and in requests; what they hold is the connector's own affair.
    """

    async def kept(self) -> KeptTokens | None:
        """The newest that are kept. Raises `TokensUnreadable`."""

    async def renew(self, since: KeptTokens | None, obtain: Callable[[], Awaitable[NewTokens]]) -> KeptTokens:
        """Have `obtain` ask the software for tokens after `since`; sealed and stored before they are given here.

        One at a time: if there are newer ones than `since` already, these are given and nothing is asked. Once begun
        it goes on to its end, even if the caller is cancelled. Raises what `obtain` raises; such a failure is raised
        again, without asking, until a minute has passed.
        """

    def warn(self, message: SoftwareMessage | None) -> None:
        """What the connection's owner has to do soon, though all goes well now; nothing when there is nothing to do."""


class Throttle(Protocol):
    """The connection's turnstile: so many requests per time, so many at once (DESIGN 6)."""

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait for the next free turn; entered before a request, left when its answer has been read."""


@dataclass(frozen=True, slots=True)
class Session:
    """What one call may use. Made by the lane for the call and dropped after it.

    `software_file_id` is None only for `check_credentials` and `list_software_files`. `http` follows no redirect and
    keeps no cookie. No request starts once `deadline` has passed, and none outlives it. `tokens` are always given by
    the lane; a connector whose credentials are never renewed needs none. `memo` holds answers that are the same for
    everything one call is about, and ends with it.
    """

    credentials: Mapping[str, str] = field(repr=False)
    http: httpx.AsyncClient = field(repr=False)
    deadline: Deadline
    throttle: Throttle = field(repr=False)
    books: Books = field(repr=False)
    software_file_id: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    tokens: Tokens | None = field(default=None, repr=False)
    memo: dict[str, object] = field(default_factory=dict, repr=False)


class DocumentUnavailable(Exception):
    """A document's bytes cannot be read from storage now, or are not the ones that were kept."""


@dataclass(frozen=True, slots=True)
class ParcelDocument:
    """A kept document and how to read it. `open` yields exactly `kept.size` bytes, in chunks, as often as called.

    The iterator raises `DocumentUnavailable` when the bytes cannot be had. `link` is where the software may fetch them
    from, given to `send` by a sheet that declares `document_link_hours`; it belongs in the request and nowhere else.
    """

    kept: KeptDocument
    open: Callable[[], AsyncIterator[bytes]] = field(repr=False)
    link: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One entry as it leaves: what was dispatched, with the journal code that the file's journal map gives."""

    entry: Entry
    reference: str
    ack_code: str
    journal_code: str
    policies: FilePolicies = field(default_factory=FilePolicies)
    documents: tuple[ParcelDocument, ...] = ()


class Connector(Protocol):
    """One accounting software. Stateless: everything that lasts is in the `Books`, the `Tokens` or with the caller."""

    @property
    def sheet(self) -> Sheet:
        """The connector's data sheet, validated."""

    async def check_credentials(self, session: Session) -> CredentialsOutcome:
        """Try the credentials live. May activate them where the software demands a first call. Raises nothing."""

    async def list_software_files(self, session: Session) -> tuple[SoftwareFile, ...]:
        """Every file that these credentials open, all of them or none. Raises `NotAnswered`."""

    async def check_prerequisites(self, session: Session) -> tuple[Prerequisite, ...]:
        """Those of the sheet's prerequisites that can be tested on this file; the others need a person's eyes.

        Raises `NotAnswered`.
        """

    def fetch_reference_data(self, session: Session, kinds: Collection[ReferenceKind]) -> AsyncIterator[ReferenceRows]:
        """The file's reference data of these kinds, in parts of bounded size, each row once.

        Remembers the ids it meets in the `Books`. Raises `NotAnswered` from the iterator when the software cannot be
        asked *or did not give everything*; parts already yielded are then worth nothing.
        """

    async def send(self, session: Session, parcels: Sequence[Parcel]) -> tuple[SendOutcome, ...]:
        """Book these entries with their documents; one outcome per parcel, in order. Raises nothing.

        At most as many parcels as the sheet's capability `entries_per_call` says. The caller has committed an attempt
        for each of them before this call. Never called twice for an entry without a decision that it is absent.
        """

    async def find(self, session: Session, parcel: Parcel) -> FindOutcome:
        """Whether the software has this entry, whatever its revision, by the reference it was sent under.

        `NotFound` only when the software said so. Raises nothing.
        """

    async def verify(self, session: Session, parcel: Parcel, handle: str | None) -> VerifyOutcome:
        """What became of an entry that was handed over or taken as a job under `handle`. Raises nothing."""

    async def ensure_accounts(self, session: Session, accounts: Sequence[Account]) -> EnsuredAccounts:
        """Make these accounts exist and remember their ids. Raises `NotAnswered`; what was created stays created."""


@runtime_checkable
class TakesLateDocuments(Protocol):
    """What a connector can do besides whose sheet says `resend_alone`."""

    async def attach(self, session: Session, parcel: Parcel, software_entry_id: str) -> None:
        """Give a booked entry the parcel's documents, unless it has them. Twice is harmless.

        Raises `NotAnswered`, also for a refusal.
        """
