"""The CloudEvents 1.0 envelope, Kafka protocol binding, binary mode: attributes in headers, the body plain JSON.

Reading is tolerant in what it accepts as bytes and strict in what it hands on: a record becomes either an `Envelope`
or an `EnvelopeRefused` with a reason, never an exception that could take its neighbours with it.
"""

import hashlib
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from qontable.clock import now
from qontable.events.base import Event

REQUIRED = ("ce_specversion", "ce_id", "ce_type", "ce_source")
MAX_ATTRIBUTE = 1_000
"""Bytes of one attribute: source and id together are a key of the inbox, which PostgreSQL limits to 2,704 bytes."""
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class EnvelopeRefused(ValueError):
    """The headers are no CloudEvents envelope that this house reads. The message never quotes the body."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who says what, when, under which identity, within which trace."""

    event_id: str
    type: str
    source: str
    time: datetime
    subject: str
    traceparent: str | None = None

    def headers(self) -> dict[str, str]:
        """The headers of the record, traceparent included."""
        headers = {
            "ce_specversion": "1.0",
            "ce_id": self.event_id,
            "ce_type": self.type,
            "ce_source": self.source,
            "ce_time": self.time.isoformat(),
            "ce_subject": self.subject,
            "ce_dataschema": f"urn:qontable:schema:{self.type.removeprefix('qontable.')}",
            "content-type": "application/json",
        }
        if self.traceparent:
            headers["traceparent"] = self.traceparent
        return headers


def seal_envelope(event: Event, source: str, traceparent: str | None) -> Envelope:
    """The envelope of a new event: a fresh identity, the present instant."""
    return Envelope(uuid.uuid4().hex, event.ce_type(), source, now(), event.subject, traceparent)


def read_envelope(headers: Iterable[tuple[str, bytes | None]]) -> Envelope:
    """The envelope of a record. Raises `EnvelopeRefused` naming the attribute that is missing or unreadable."""
    headers = [(name.lower(), value) for name, value in headers]
    attributes = {name: _text(name, value) for name, value in headers if name.startswith("ce_")}
    if not all(map(str.isascii, attributes)):
        raise EnvelopeRefused("a header's name is not an attribute's")
    for name in REQUIRED:
        if not attributes.get(name):
            raise EnvelopeRefused(f"header {name} is missing")
    if attributes["ce_specversion"] != "1.0":
        raise EnvelopeRefused("ce_specversion is not 1.0")
    return Envelope(
        event_id=attributes["ce_id"],
        type=attributes["ce_type"],
        source=attributes["ce_source"],
        time=_time(attributes.get("ce_time")),
        subject=attributes.get("ce_subject", ""),
        traceparent=_traceparent(dict(headers).get("traceparent")),
    )


def body_hash(body: bytes) -> bytes:
    """What the inbox compares repeated identities by."""
    return hashlib.sha256(body).digest()


def _text(name: str, value: bytes | None) -> str:
    value = value or b""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        raise EnvelopeRefused(f"header {name} is not UTF-8") from None
    if len(value) > MAX_ATTRIBUTE or "\x00" in text:
        raise EnvelopeRefused(f"header {name} is too long or holds a NUL character")
    return text


def _traceparent(value: bytes | None) -> str | None:
    """A trace context that cannot be read is none: it keeps nobody from reading the event (W3C Trace Context 3.2)."""
    found = _TRACEPARENT.fullmatch(value or b"")
    return found.group().decode() if found else None


def _time(text: str | None) -> datetime:
    """An absent time is the present: CloudEvents leaves it optional."""
    if not text:
        return now()
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise EnvelopeRefused("ce_time is not a timestamp") from None
    if time.tzinfo is None:
        raise EnvelopeRefused("ce_time has no time zone")
    return time
