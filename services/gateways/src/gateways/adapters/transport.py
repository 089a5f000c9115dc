"""What a failed transport means: the one table that turns exceptions into *not sent* or *unknown*.

The type that httpx raises does not tell. Its aiohttp transport reports a refused connection, a name that does not
exist *and* a connection that broke after the whole request had left as one and the same `ConnectTimeout` (measured
with httpx-aiohttp 0.2.0, aiohttp 3.14; `tests/test_transport.py` holds the table to real sockets). So what decides is
the phase, which we observe ourselves: until the transport has asked for the first byte of the body, no server can have
received the request. The type underneath only chooses the words.
"""

import ssl
from dataclasses import dataclass
from enum import Enum
from typing import Literal

import aiohttp
import httpx

from qontable.events.delivery import SoftwareMessage

TransportOutcome = Literal["not_sent", "unknown"]


class Phase(Enum):
    """Whether any byte of the body can have left. A request without a body only reads and stays `BEFORE`."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class TransportRule:
    """One row: errors of these types in this phase have this outcome, and are told to people in these words."""

    errors: tuple[type[BaseException], ...]
    phase: Phase
    outcome: TransportOutcome
    category: str
    said: dict[str, str]
    remedy: dict[str, str]


_UNTIL_IT_ANSWERS = {
    "fr": "Rien à faire : l'envoi reprendra de lui-même dès que le logiciel répondra.",
    "en": "Nothing to do: sending resumes by itself as soon as the software answers.",
}
_TELL_SUPPORT = {
    "fr": "Signalez-le au support : l'adresse ou le certificat du logiciel doit être vérifié.",
    "en": "Tell support: the software's address or certificate has to be checked.",
}
_LOOKED_UP = {
    "fr": "Rien à faire : nous cherchons l'écriture dans le logiciel avant tout nouvel envoi.",
    "en": "Nothing to do: we look for the entry in the software before anything is sent again.",
}
_ANY = (BaseException,)

TRANSPORT_RULES: tuple[TransportRule, ...] = (
    TransportRule(
        (aiohttp.ClientConnectorDNSError,),
        Phase.BEFORE,
        "not_sent",
        "name_not_found",
        {"fr": "Le nom d'hôte du logiciel est inconnu.", "en": "The software's host name is not known."},
        _UNTIL_IT_ANSWERS,
    ),
    TransportRule(
        (aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError, ssl.SSLError),
        Phase.BEFORE,
        "not_sent",
        "certificate_refused",
        {
            "fr": "Aucune connexion sécurisée n'a pu être établie avec le logiciel.",
            "en": "No secure connection could be made to the software.",
        },
        _TELL_SUPPORT,
    ),
    TransportRule(
        (aiohttp.InvalidURL, httpx.InvalidURL, httpx.UnsupportedProtocol),
        Phase.BEFORE,
        "not_sent",
        "address_invalid",
        {
            "fr": "L'adresse du logiciel n'est pas une adresse web.",
            "en": "The software's address is not a web address.",
        },
        _TELL_SUPPORT,
    ),
    TransportRule(
        (aiohttp.ClientConnectorError,),
        Phase.BEFORE,
        "not_sent",
        "connection_refused",
        {"fr": "Le logiciel a refusé la connexion.", "en": "The software refused the connection."},
        _UNTIL_IT_ANSWERS,
    ),
    TransportRule(
        (aiohttp.ServerDisconnectedError,),  # before the next row: httpx takes it for a time-out
        Phase.BEFORE,
        "not_sent",
        "connection_lost",
        {
            "fr": "La connexion a été coupée avant la réponse du logiciel.",
            "en": "The connection broke before the software answered.",
        },
        _UNTIL_IT_ANSWERS,
    ),
    TransportRule(
        (TimeoutError, httpx.TimeoutException),
        Phase.BEFORE,
        "not_sent",
        "no_time_left",
        {
            "fr": "La demande n'a pas pu partir ou recevoir de réponse dans le temps qu'elle avait.",
            "en": "The request could not start or be answered in the time it had.",
        },
        _UNTIL_IT_ANSWERS,
    ),
    TransportRule(
        (aiohttp.ClientPayloadError, httpx.DecodingError, aiohttp.ClientResponseError),
        Phase.BEFORE,
        "not_sent",
        "answer_unreadable",
        {
            "fr": "La réponse du logiciel était coupée ou illisible.",
            "en": "The software's answer was cut short or unreadable.",
        },
        _UNTIL_IT_ANSWERS,
    ),
    TransportRule(
        _ANY,
        Phase.BEFORE,
        "not_sent",
        "not_reached",
        {"fr": "Le logiciel n'a pas pu être joint.", "en": "The software could not be reached."},
        _UNTIL_IT_ANSWERS,
    ),
    TransportRule(
        (TimeoutError,),
        Phase.AFTER,
        "unknown",
        "no_answer_in_time",
        {"fr": "Le logiciel n'a pas répondu à temps.", "en": "The software did not answer in time."},
        _LOOKED_UP,
    ),
    TransportRule(
        (aiohttp.ClientPayloadError, httpx.DecodingError, aiohttp.ClientResponseError),
        Phase.AFTER,
        "unknown",
        "answer_unreadable",
        {
            "fr": "La réponse du logiciel était coupée ou illisible.",
            "en": "The software's answer was cut short or unreadable.",
        },
        _LOOKED_UP,
    ),
    TransportRule(
        _ANY,
        Phase.AFTER,
        "unknown",
        "connection_lost",
        {
            "fr": "La connexion a été coupée avant la réponse du logiciel.",
            "en": "The connection broke before the software answered.",
        },
        _LOOKED_UP,
    ),
)


class NoAnswer(Exception):
    """A request that brought no answer. `rule` says whether the software can have received it."""

    def __init__(self, rule: TransportRule) -> None:
        self.rule = rule
        super().__init__(rule.category)

    @property
    def message(self) -> SoftwareMessage:
        """What happened, for people; never the exception's own text, which may quote the request."""
        return SoftwareMessage.of_ours(self.rule.category, self.rule.said, self.rule.remedy)


def classify(error: BaseException, phase: Phase) -> TransportRule:
    """The row for an error: its own type or that of its cause, whichever stands first in the table."""
    shown = [error, error.__cause__] if error.__cause__ else [error]
    return next(
        rule for rule in TRANSPORT_RULES if rule.phase is phase and any(isinstance(item, rule.errors) for item in shown)
    )
