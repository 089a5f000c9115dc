"""From what a software answered to what it means for an entry, by the error table of its data sheet (DESIGN 5).

The connector reads status, code and words out of the software's own form; everything after that is data.
"""

from dataclasses import dataclass
from datetime import timedelta

from gateways.domain.outcome import (
    Accepted,
    CouldNotAsk,
    Exchange,
    HaltCause,
    NotSent,
    ReadCause,
    Rejected,
    SendOutcome,
    Throttled,
    Unknown,
)
from qontable.bilingual import Bilingual
from qontable.events.delivery import SoftwareMessage
from qontable.sheet import ErrorRule, Sheet

MOST_TEXT = 20_000
HALTING: dict[str, HaltCause] = {
    "credentials_refused": "credentials",
    "rights_missing": "credentials",
    "plugin_off": "plugin_off",
}
"""Categories of `not_sent` that a person must act on; all others count as an unreachable software."""

DOCUMENT_UNAVAILABLE = SoftwareMessage.of_ours(
    "document_unavailable",
    {
        "fr": "Un justificatif n'a pas pu être lu dans notre stockage.",
        "en": "A document could not be read from our storage.",
    },
    {
        "fr": "Rien à faire : l'envoi reprendra de lui-même. Si cela dure, signalez-le au support.",
        "en": "Nothing to do: sending resumes by itself. If it lasts, tell support.",
    },
)
"""Nothing was sent, for want of a document that we keep ourselves."""
STALE_ID = SoftwareMessage.of_ours(
    "id_outdated",
    {
        "fr": "Le logiciel ne connaît plus un compte ou un journal sous l'identifiant que nous avions retenu.",
        "en": "The software does not know an account or a journal any more by the id that we remembered.",
    },
    {
        "fr": "Rien à faire : nous demandons l'identifiant de nouveau, puis l'envoi reprend de lui-même.",
        "en": "Nothing to do: we ask for the id anew, then sending resumes by itself.",
    },
)
"""Nothing was booked, for an id of ours that was out of date."""
TOKEN_RENEWED = SoftwareMessage.of_ours(
    "token_renewed",
    {
        "fr": "Le logiciel n'acceptait plus le jeton d'accès ; il nous en a donné un autre.",
        "en": "The software did not accept the access token any more; it gave us another one.",
    },
    {
        "fr": "Rien à faire : l'envoi reprend de lui-même avec le nouveau jeton.",
        "en": "Nothing to do: sending resumes by itself with the new token.",
    },
)
"""Nothing was done, for an access token that ended before its time."""


class Unbookable(Exception):
    """The software would refuse this entry, known before it is sent: `said` tells why, in both languages.

    `category` is a row of the sheet's errors.
    """

    def __init__(self, category: str, said: Bilingual) -> None:
        self.category = category
        self.said = said
        super().__init__(category)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that is no success: the software's code and words as they were, if it gave any."""

    status: int
    code: str | None
    text: str
    exchange: Exchange
    retry_after: timedelta | None = None


def judge_send(sheet: Sheet, answered: Answered) -> SendOutcome:
    """What this answer to a write means."""
    rule = sheet.error_rule(answered.status, answered.code, answered.text)
    message = say(rule, answered)
    exchange = answered.exchange
    match rule.outcome:
        case "accepted":
            return Accepted(exchange=exchange)
        case "rejected":
            return Rejected(exchange=exchange, message=message)
        case "throttled":
            return Throttled(exchange=exchange, message=message, retry_after=answered.retry_after)
        case "not_sent":
            cause = HALTING.get(rule.category, "unreachable")
            return NotSent(exchange=exchange, message=message, cause=cause, retry_after=answered.retry_after)
        case "unknown":
            return Unknown(exchange=exchange, message=message, reference_taken=rule.lookup)


def judge_read(sheet: Sheet, answered: Answered) -> CouldNotAsk:
    """What this answer to a question means: why it was not answered."""
    rule = sheet.error_rule(answered.status, answered.code, answered.text)
    cause: ReadCause
    match rule.outcome:
        case "rejected":
            cause = "refused"
        case "throttled":
            cause = "throttled"
        case "accepted" | "not_sent" | "unknown":
            cause = HALTING.get(rule.category, "unreachable")
    return CouldNotAsk(
        exchange=answered.exchange,
        message=say(rule, answered),
        cause=cause,
        retry_after=answered.retry_after,
    )


def say(rule: ErrorRule, answered: Answered) -> SoftwareMessage:
    """The software's words beside our category and remedy. Only what no event can carry is taken out of the words;
    where it gave none, neither code nor text, we say that."""
    clean = answered.text.replace("\x00", "")[:MOST_TEXT]
    if not clean and not answered.code:
        said: Bilingual = {
            "fr": f"Le logiciel a répondu par le statut {answered.status}, sans un mot.",
            "en": f"The software answered with status {answered.status} and not a word.",
        }
        return SoftwareMessage.of_ours(rule.category, said, rule.remedy)
    return SoftwareMessage(category=rule.category, code=answered.code, text=clean, remedy=dict(rule.remedy))


def own_words(sheet: Sheet, category: str, said: Bilingual) -> SoftwareMessage:
    """A message of ours, when we know before asking what the software would answer; the remedy is the sheet's."""
    return SoftwareMessage.of_ours(category, said, remedy_of(sheet, category))


def remedy_of(sheet: Sheet, category: str) -> Bilingual:
    """What the sheet bids do about errors of a category that it has."""
    return next(rule for rule in sheet.errors if rule.category == category).remedy
