"""Boxes that only a gateway opens, and only for the connection they were sealed for."""

import stat
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PrivateKey, PublicKey, SealedBox

from qontable.events.hub import Sealed
from qontable.vault import BoxRefused, KeyRing, load_ring, write_new_key

SECRET = {"token": "eyJ0b2tlbiI6InNlY3JldCJ9"}
RING = KeyRing({"key-1": PrivateKey.generate()})


def _open(sealed: Sealed, firm_id: str = "frm_1", connection_id: str = "con_1") -> dict[str, str]:
    return RING.open(sealed, firm_id=firm_id, connection_id=connection_id)


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=200), max_size=5))
def test_what_was_sealed_is_opened(credentials: dict[str, str]) -> None:
    assert _open(RING.sealing_key.seal(credentials, firm_id="frm_1", connection_id="con_1")) == credentials


def test_a_box_opens_for_no_other_firm_and_no_other_connection() -> None:
    sealed = RING.sealing_key.seal(SECRET, firm_id="frm_1", connection_id="con_1")
    for firm_id, connection_id in (("frm_2", "con_1"), ("frm_1", "con_2")):
        with pytest.raises(BoxRefused, match="another connection"):
            _open(sealed, firm_id, connection_id)


def test_a_box_of_another_kind_of_secret_opens_as_that_kind_only() -> None:
    ids = {"firm_id": "frm_1", "connection_id": "con_1"}
    sealed = RING.sealing_key.seal(SECRET, **ids, kind="tokens")
    assert RING.open(sealed, **ids, kind="tokens") == SECRET
    with pytest.raises(BoxRefused, match="another kind"):
        RING.open(sealed, **ids)
    with pytest.raises(BoxRefused, match="another kind"):
        RING.open(RING.sealing_key.seal(SECRET, **ids), **ids, kind="tokens")


def test_the_same_credentials_twice_look_different() -> None:
    boxes = {RING.sealing_key.seal(SECRET, firm_id="frm_1", connection_id="con_1").box for _ in range(3)}
    assert len(boxes) == 3
    assert not any(SECRET["token"] in box for box in boxes)


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda content: b64encode(content).decode()))
def test_no_box_of_a_stranger_does_anything_but_being_refused(box: str) -> None:
    with pytest.raises(BoxRefused):
        _open(Sealed(key_id="key-1", box=box))


@pytest.mark.parametrize("content", [b"[]", b"{}", b"null", b'{"firm_id": 1}', b"\xff"])
def test_a_box_with_something_else_in_it_is_refused_without_a_word_of_it(content: bytes) -> None:
    """Anybody who has the public key can seal anything."""
    public = PublicKey(b64decode(RING.sealing_key.public))
    with pytest.raises(BoxRefused) as refused:
        _open(Sealed(key_id="key-1", box=b64encode(SealedBox(public).encrypt(content)).decode()))
    assert refused.value.__cause__ is None


def test_a_key_that_is_not_here_is_named() -> None:
    with pytest.raises(BoxRefused, match="key-9"):
        _open(Sealed(key_id="key-9", box=""))


def test_a_ring_opens_what_older_keys_sealed_and_seals_under_the_newest(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    write_new_key(file, "2026-01")
    sealed = load_ring(file).sealing_key.seal(SECRET, firm_id="f", connection_id="c")
    write_new_key(file, "2026-02")
    ring = load_ring(file)
    assert ring.sealing_key.key_id == "2026-02"
    assert ring.open(sealed, firm_id="f", connection_id="c") == SECRET
    with pytest.raises(ValueError, match="2026-01"):
        write_new_key(file, "2026-01")


def test_private_keys_are_readable_by_their_owner_only_and_no_half_written_file_stays(tmp_path: Path) -> None:
    write_new_key(tmp_path / "keys.json", "a")
    write_new_key(tmp_path / "keys.json", "b")
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
