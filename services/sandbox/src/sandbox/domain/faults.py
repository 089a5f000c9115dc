"""What can go wrong at a software on demand: what becomes of the request, and what the caller gets to see.

A fault is a pair of the two, so that every combination that happens in life can be ordered; the usual ones have names.
"""

import random
from dataclasses import dataclass, field
from enum import StrEnum


class Refused(Exception):
    """A software refuses a request; each has a kind of its own, with the vendor's words."""


class Effect(StrEnum):
    """What becomes of the request: done, not done, done or shown later, done but undone again, or done wrongly."""

    DONE = "done"
    NOT_DONE = "not_done"
    DONE_LATER = "done_later"
    SHOWN_LATER = "shown_later"
    UNDONE = "undone"
    DONE_TWICE = "done_twice"
    WRONG_BY_A_CENT = "wrong_by_a_cent"
    WITHOUT_DOCUMENTS = "without_documents"


class Reply(StrEnum):
    """What the caller sees: the answer, the answer late, a closed connection, an error, or something else."""

    ANSWER = "answer"
    LATE = "late"
    CUT = "cut"
    SERVER_ERROR = "server_error"
    THROTTLED = "throttled"
    DOCUMENT_REFUSED = "document_refused"
    MAINTENANCE = "maintenance"
    GARBAGE = "garbage"
    WITHOUT_ENTRY = "without_entry"


FAULTS: dict[str, tuple[Effect, Reply]] = {
    "refuse_connection": (Effect.NOT_DONE, Reply.CUT),
    "answer_late": (Effect.DONE, Reply.LATE),
    "book_and_cut": (Effect.DONE, Reply.CUT),
    "book_and_error": (Effect.DONE, Reply.SERVER_ERROR),
    "book_later": (Effect.DONE_LATER, Reply.CUT),
    "show_later": (Effect.SHOWN_LATER, Reply.ANSWER),
    "server_error": (Effect.NOT_DONE, Reply.SERVER_ERROR),
    "throttle": (Effect.NOT_DONE, Reply.THROTTLED),
    "maintenance": (Effect.NOT_DONE, Reply.MAINTENANCE),
    "garbage": (Effect.NOT_DONE, Reply.GARBAGE),
    "refuse_document": (Effect.NOT_DONE, Reply.DOCUMENT_REFUSED),
    "answer_without_entry": (Effect.DONE, Reply.WITHOUT_ENTRY),
    "book_extra": (Effect.DONE_TWICE, Reply.ANSWER),
    "drop": (Effect.UNDONE, Reply.ANSWER),
    "alter_a_cent": (Effect.WRONG_BY_A_CENT, Reply.ANSWER),
    "lose_documents": (Effect.WITHOUT_DOCUMENTS, Reply.ANSWER),
}
"""The named faults. The last four are a software that lies: they try the judge, not the client."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """A request that a fault may strike: its route (`POST /entry`), its token's hash and its software file."""

    connector: str
    route: str
    token_sha256: bytes | None = None
    software_file_id: int | None = None


@dataclass(slots=True, eq=False)
class Fault:
    """A fault that was ordered. What is None matches everything; `count` is how often it still strikes.

    `seconds` is how late an answer or a booking is, how long look-ups do not show an entry, or what `Retry-After` says.
    With a `probability` below 1, `seed` decides which of the matching requests are struck: the same seed strikes the
    same ones.
    """

    id: int
    kind: str
    effect: Effect
    reply: Reply
    connector: str | None = None
    route: str | None = None
    token_sha256: bytes | None = None
    software_file_id: int | None = None
    count: int | None = None
    probability: float = 1.0
    seed: int = 0
    seconds: float = 0.0
    struck: int = 0
    _dice: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 - repeatable on purpose, nothing is secret here

    def strikes(self, occasion: Occasion) -> bool:
        """Whether this request is struck; throws the dice once for each request that matches."""
        if self.count is not None and self.struck >= self.count:
            return False
        if not self._matches(occasion):
            return False
        struck = self._dice.random() < self.probability
        self.struck += struck
        return struck

    def _matches(self, occasion: Occasion) -> bool:
        return (
            self.connector in (None, occasion.connector)
            and self.route in (None, occasion.route)
            and self.token_sha256 in (None, occasion.token_sha256)
            and self.software_file_id in (None, occasion.software_file_id)
        )


NO_FAULT = Fault(0, "none", Effect.DONE, Reply.ANSWER)
