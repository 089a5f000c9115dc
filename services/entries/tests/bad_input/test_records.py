"""Records that say nothing we can read are set aside with their bytes and the reason; their neighbours go on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
import pytest_asyncio

from qontable.events.delivery import EntryDispatched

from ..client import Client
from ..house import House
from .records import NO_NAME, TOPIC, Wire, post

Make = Callable[[Client, str], Wire]


def changed(**changes: Any) -> Make:
    """The body of a good entry with some fields replaced; a field of value `...` is left out."""

    def make(client: Client, entry_id: str) -> Wire:
        body = orjson.loads(client.validated(entry_id).body()) | changes
        return Wire(orjson.dumps({name: value for name, value in body.items() if value is not ...}))

    return make


def edited(old: bytes, new: bytes) -> Make:
    """The body of a good entry with its bytes edited."""

    def make(client: Client, entry_id: str) -> Wire:
        body = client.validated(entry_id).body()
        assert old in body
        return Wire(body.replace(old, new, 1))

    return make


def extra(value: bytes) -> Make:
    """The body of a good entry with one field more, whose value is any bytes."""
    return edited(b"{", b'{"tomorrow":' + value + b",")


def headed(**headers: bytes | None) -> Make:
    """A good entry with some headers replaced or left out."""
    return lambda client, entry_id: Wire(client.validated(entry_id).body(), headers)


def lined(line: int, **changes: Any) -> Make:
    """A good entry with one of its lines changed."""

    def make(client: Client, entry_id: str) -> Wire:
        body = orjson.loads(client.validated(entry_id).body())
        body["lines"][line] |= changes
        return Wire(orjson.dumps(body))

    return make


SET_ASIDE: dict[str, tuple[Make, str, str]] = {
    "not JSON": (lambda *_: Wire(b"{"), "not_json", "the body is not JSON"),
    "not JSON: empty": (lambda *_: Wire(b""), "not_json", "the body is not JSON"),
    "not JSON: NaN": (extra(b"NaN"), "not_json", "the body is not JSON"),
    "not JSON: a number without end": (extra(b"9" * 5_000), "not_json", "the body is not JSON"),
    "not JSON: nested without end": (extra(b"[" * 50_000 + b"]" * 50_000), "not_json", "the body is not JSON"),
    "not JSON: a byte order mark": (edited(b"{", b"\xef\xbb\xbf{"), "not_json", "the body is not JSON"),
    "not JSON: ISO-8859-15": (edited(b"Papeterie", b"Papet\xe9rie"), "not_json", "the body is not JSON"),
    "not JSON: a lone surrogate": (edited(b"Papeterie", rb"Papet\ud800rie"), "not_json", "the body is not JSON"),
    "not JSON: a raw control character": (edited(b"Papeterie", b"Papet\x07rie"), "not_json", "the body is not JSON"),
    "JSON but no object": (lambda *_: Wire(b"[1]"), "invalid_event", ": model_type"),
    "no body": (lambda *_: Wire(None), "no_body", "a record without a body says nothing here"),
    "not CloudEvents": (
        headed(ce_specversion=None, ce_id=None, ce_source=None, ce_type=None),
        "not_cloudevents",
        "header ce_specversion is missing",
    ),
    "not CloudEvents 1.0": (headed(ce_specversion=b"0.3"), "not_cloudevents", "ce_specversion is not 1.0"),
    "without ce_id": (headed(ce_id=None), "not_cloudevents", "header ce_id is missing"),
    "without ce_source": (headed(ce_source=b""), "not_cloudevents", "header ce_source is missing"),
    "ce_time without a zone": (headed(ce_time=b"2026-03-01T10:00:00"), "not_cloudevents", "ce_time has no time zone"),
    "ce_id beyond measure": (
        headed(ce_id="🖇".encode() * 500),
        "not_cloudevents",
        "header ce_id is too long or holds a NUL character",
    ),
    "undecodable headers: a value": (headed(ce_id=b"\xff\xfe"), "not_cloudevents", "header ce_id is not UTF-8"),
    "undecodable headers: a name": (
        headed(**{NO_NAME: b"1"}),
        "not_cloudevents",
        "a header's name is not an attribute's",
    ),
    "unknown type": (headed(ce_type=b"qontable.invoice.paid.v1"), "unknown_type", f"qontable.{TOPIC}.v1 is read here"),
    "unknown version": (headed(ce_type=b"qontable.entry.validated.v9"), "unknown_type", f"qontable.{TOPIC}.v1 is read"),
    "over 1 MiB": (changed(tomorrow="x" * 1_048_576), "too_large", "bytes, at most 1048576"),
    "wrong types: a number for a text": (changed(label=3), "invalid_event", "label: string_type"),
    "wrong types: a text for a number": (changed(revision="1"), "invalid_event", "revision: int_type"),
    "wrong types: a number for an amount": (lined(0, debit=120.0), "invalid_event", "lines.0.debit: string_type"),
    "wrong types: a list for an object": (changed(journal=[]), "invalid_event", "journal: model_type"),
    "wrong types: revision 2⁶³": (changed(revision=2**63), "invalid_event", "revision: less_than_equal"),
    "wrong types: revision 0": (changed(revision=0), "invalid_event", "revision: greater_than_equal"),
    "wrong types: an instant of year 1": (
        changed(validated_at="0001-01-01T00:00:00+14:00"),
        "invalid_event",
        "validated_at: value_error",
    ),
    "wrong types: an instant after year 9999": (
        changed(validated_at="9999-12-31T23:59:59-14:00"),
        "invalid_event",
        "validated_at: value_error",
    ),
    "wrong types: the first instant of all": (
        changed(validated_at="0001-01-01T00:00:00Z"),
        "invalid_event",
        "validated_at: value_error",
    ),
    "wrong types: the last instant of all": (
        changed(validated_at="9999-12-31T23:59:59.999999Z"),
        "invalid_event",
        "validated_at: value_error",
    ),
    "wrong types: a kind of tomorrow": (changed(kind="payroll"), "invalid_event", "kind: literal_error"),
    "missing fields": (changed(journal=..., validated_by=...), "invalid_event", "journal: missing; validated_by: miss"),
    "null fields": (changed(lines=None, label=None), "invalid_event", "label: string_type; lines: tuple_type"),
    "NUL in a text": (edited(b"Papeterie", rb"Papet\u0000rie"), "invalid_event", "label: string_pattern_mismatch"),
    "a label of 20,001 characters": (changed(label="x" * 20_001), "invalid_event", "label: string_too_long"),
}
"""Line → the record, the reason for which it is set aside, and part of the detail."""

ACCEPTED: dict[str, Make] = {
    "extra fields": extra(b'{"deep": [1, null, "\\u0000"]}'),
    "extra fields: a number beyond doubles": extra(b"1e999"),
    "extra fields: a NUL in a name": extra(b'{"\\u0000": 1}'),
    "a field twice, of which every reader takes the last": edited(b'"label"', b'"label":"first","label"'),
    "headers of others": headed(**{"their-tool": b"\xff", "traceparent": b"\xff"}),
    "headers of others with an undecodable name": headed(**{"their-\udcff": b"1"}),
    "no key": lambda client, entry_id: Wire(client.validated(entry_id).body(), key=None),
}


@dataclass
class Batch:
    """Every record of this table sent at once between good neighbours, and what became of them."""

    client: Client
    sent: dict[str, Wire]
    aside: dict[bytes, Any]
    orders: dict[str, EntryDispatched]

    def kept(self, name: str) -> Any:
        return self.aside[name.encode()]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def batch(house: House) -> Batch:
    """The key of a record that is bad names its line: so its row is found."""
    client = await house.client()
    sent: dict[str, Wire] = {}
    neighbours = []
    for number, (name, (make, _, _)) in enumerate(SET_ASIDE.items()):
        made = make(client, f"bad_{number}")
        sent[name] = Wire(made.body, made.headers, key=name.encode())
        neighbours += [f"before_{number}", f"after_{number}"]
        await house.say(client.validated(f"before_{number}"))
        await post(house, TOPIC, client.file_id, sent[name])
        await house.say(client.validated(f"after_{number}"))
    for number, make in enumerate(ACCEPTED.values()):
        await post(house, TOPIC, client.file_id, make(client, f"good_{number}"))
    wanted = {*neighbours, *(f"good_{number}" for number in range(len(ACCEPTED)))}
    await house.until(lambda: wanted <= {order.entry.entry_id for order in house.orders(client)})
    names = [name.encode() for name in SET_ASIDE]
    await house.until_true("select count(*) = $2 from entries.set_aside where key = any($1)", names, len(names))
    rows = await house.database.fetch("select * from entries.set_aside where key = any($1)", names)
    orders = {order.entry.entry_id: order for order in house.orders(client)}
    return Batch(client, sent, {row["key"]: row for row in rows}, orders)


@pytest.mark.parametrize("name", SET_ASIDE)
async def test_set_aside_with_bytes_and_reason(batch: Batch, name: str) -> None:
    _, reason, detail = SET_ASIDE[name]
    kept = batch.kept(name)
    assert (kept["reason"], kept["body"]) == (reason, batch.sent[name].body)
    assert detail in kept["detail"]
    assert "Papet" not in kept["detail"]
    assert (kept["topic"], kept["entered"], kept["record_offset"] >= 0) == (TOPIC, False, True)


@pytest.mark.parametrize("name", SET_ASIDE)
async def test_neighbours_are_unharmed(house: House, batch: Batch, name: str) -> None:
    number = list(SET_ASIDE).index(name)
    ours = [
        order for order in house.orders(batch.client) if order.entry.entry_id in (f"before_{number}", f"after_{number}")
    ]
    assert len(ours) == 2
    assert f"bad_{number}" not in batch.orders


@pytest.mark.parametrize("name", ACCEPTED)
async def test_accepted(batch: Batch, name: str) -> None:
    order = batch.orders[f"good_{list(ACCEPTED).index(name)}"]
    assert order.entry.label == "Papeterie Durand"
    assert "tomorrow" not in order.body().decode()


async def test_a_row_keeps_headers_as_they_were(batch: Batch) -> None:
    kept = batch.kept("undecodable headers: a name")
    assert ["base64:Y2Vf/w==", "1"] in orjson.loads(kept["headers"])
    kept = batch.kept("undecodable headers: a value")
    assert ["ce_id", "base64://4="] in orjson.loads(kept["headers"])


OTHER_TOPICS: dict[str, tuple[str, Callable[[Client], dict[str, Any]], str, str]] = {
    "a version of 2⁶³": ("file.created", lambda client: {"version": 2**63}, "handler_refused", "DataError"),
    "an undone revision of 2⁶³": (
        "entry.review_undone",
        lambda client: {"revision": 2**63},
        "invalid_event",
        "revision: less_than_equal",
    ),
    "a NUL in what the software says": (
        "entry.delivery_changed",
        lambda client: {"message": {"category": "x", "text": "a\x00b"}},
        "invalid_event",
        "message.text: string_pattern_mismatch",
    ),
    "a NUL in a remedy": (
        "entry.delivery_changed",
        lambda client: {"message": {"category": "x", "remedy": {"fr": "a\x00b"}}},
        "handler_refused",
        "UntranslatableCharacterError",
    ),
    "a link without its end": (
        "document.link_renewed",
        lambda client: {"url": "https://example.org/x"},
        "no_link",
        "neither a link with its end nor word that there is none",
    ),
}


@pytest.mark.parametrize("name", OTHER_TOPICS)
async def test_other_topics_go_on_too(house: House, name: str) -> None:
    client = await house.client()
    await house.say(client.validated("ent"))
    order = await house.dispatched(client, "ent")
    topic, changes, reason, detail = OTHER_TOPICS[name]
    base = {
        "file.created": client.file_created(),
        "entry.review_undone": client.undone("other"),
        "entry.delivery_changed": house.told(order, "sending", 2),
    }
    body = orjson.loads(base[topic].body()) if topic in base else {"document_id": "doc"}
    names = {"firm_id": client.firm_id, "file_id": client.file_id}
    await post(house, topic, client.file_id, Wire(orjson.dumps(body | names | changes(client))))
    await house.until_true("select count(*) > 0 from entries.set_aside where key = $1", client.file_id.encode())
    # Only now: of one delivery's states in a batch the last is noted, and an earlier one is never looked at so closely.
    await house.say(house.told(order, "confirmed", 3))
    await house.status(client, "ent", "synchronized")
    (row,) = await house.database.fetch("select * from entries.set_aside where key = $1", client.file_id.encode())
    assert (row["reason"], row["detail"]) == (reason, detail)
