"""The envelope as others may send it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qontable.clock import now
from qontable.envelope import Envelope, EnvelopeRefused, read_envelope, seal_envelope
from qontable.events.hub import SyncRequested

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
GOOD = {"ce_specversion": b"1.0", "ce_id": b"1", "ce_type": b"t", "ce_source": b"/s"}


def _read(**changed: bytes | None) -> Envelope:
    return read_envelope([*(GOOD | changed).items()])


def test_what_is_sent_is_read_back() -> None:
    event = SyncRequested(firm_id="frm_1", file_id="fil_1", requested_at=now(), requested_by="usr_1")
    sealed = seal_envelope(event, "/qontable/hub", TRACE)
    assert read_envelope((name, value.encode()) for name, value in sealed.headers().items()) == sealed


def test_names_in_capitals_are_the_same_names() -> None:
    assert read_envelope([(name.upper(), value) for name, value in GOOD.items()]).event_id == "1"


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_attribute_is_named(name: str) -> None:
    with pytest.raises(EnvelopeRefused, match=name):
        read_envelope([item for item in GOOD.items() if item[0] != name])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_id", b"\xff"),
        ("ce_id", b"a\x00b"),
        ("ce_source", b"x" * 1_001),
        ("ce_specversion", b"0.3"),
        ("ce_time", b"yesterday"),
        ("ce_time", b"2026-03-12T17:04:11"),
        ("ce_id", None),
    ],
)
def test_an_unreadable_attribute_is_refused(name: str, value: bytes | None) -> None:
    with pytest.raises(EnvelopeRefused, match=name):
        _read(**{name: value})


@pytest.mark.parametrize("value", [b"\xff", b"", b"00-0-0-0", TRACE.upper().encode(), None])
def test_an_unreadable_trace_context_is_none(value: bytes | None) -> None:
    assert _read(traceparent=value).traceparent is None
    assert _read(traceparent=TRACE.encode()).traceparent == TRACE


def test_an_absent_time_is_the_present() -> None:
    before = datetime.now(UTC)
    assert before <= _read().time <= datetime.now(UTC)


@given(st.lists(st.tuples(st.sampled_from([*GOOD, "ce_time", "traceparent", "other"]), st.none() | st.binary())))
def test_any_bytes_are_an_envelope_or_refused(headers: list[tuple[str, bytes | None]]) -> None:
    try:
        read_envelope(headers)
    except EnvelopeRefused as refused:
        assert "\x00" not in str(refused)
