"""Credentials in sealed boxes: whoever has the public key can seal, only a gateway can open (DESIGN 8, rule 6).

The firm and the connection are inside the sealed body and compared on opening, so that a box moved to another row
opens for nobody. Keys have ids; a ring holds several, and seals under the newest.
"""

import json
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from pydantic import BaseModel, ConfigDict

from qontable.events.hub import Sealed


class BoxRefused(ValueError):
    """A box that cannot be opened: its key is not here, it was altered, or it belongs to another connection."""


class _Body(BaseModel):
    """What is in a box."""

    model_config = ConfigDict(hide_input_in_errors=True)
    firm_id: str
    connection_id: str
    credentials: dict[str, str]


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A public key and its id: enough to seal, not to open."""

    key_id: str
    public: str

    def seal(self, credentials: dict[str, str], *, firm_id: str, connection_id: str) -> Sealed:
        """A box for this connection of this firm. Sealing the same credentials twice gives different boxes."""
        body = _Body(firm_id=firm_id, connection_id=connection_id, credentials=credentials).model_dump_json()
        box = SealedBox(PublicKey(b64decode(self.public))).encrypt(body.encode())
        return Sealed(key_id=self.key_id, box=b64encode(box).decode())


class KeyRing:
    """The private keys of the gateways, oldest first."""

    def __init__(self, keys: dict[str, PrivateKey]) -> None:
        if not keys:
            raise ValueError("a key ring needs at least one key")
        self._keys = keys

    @property
    def sealing_key(self) -> SealingKey:
        """The newest key's public half."""
        key_id, private = list(self._keys.items())[-1]
        return SealingKey(key_id, b64encode(bytes(private.public_key)).decode())

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of the keys that are here, oldest first."""
        return tuple(self._keys)

    def open(self, sealed: Sealed, *, firm_id: str, connection_id: str) -> dict[str, str]:
        """The credentials in a box. Raises `BoxRefused`, which never holds any of the content."""
        private = self._keys.get(sealed.key_id)
        if private is None:
            raise BoxRefused(f"no private key {sealed.key_id} here: add it to the ring, or type the credentials again")
        try:
            body = _Body.model_validate_json(SealedBox(private).decrypt(b64decode(sealed.box)))
        except (CryptoError, ValueError):
            raise BoxRefused(f"the box is damaged or was not sealed under key {sealed.key_id}") from None
        if (body.firm_id, body.connection_id) != (firm_id, connection_id):
            raise BoxRefused("the box belongs to another connection")
        return body.credentials


def load_ring(path: Path) -> KeyRing:
    """The ring in a file written by `write_new_key`: a JSON object, key id → base64 private key, oldest first."""
    stored: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return KeyRing({key_id: PrivateKey(b64decode(text)) for key_id, text in stored.items()})


def write_new_key(path: Path, key_id: str) -> None:
    """Add a fresh private key to the ring in `path`, readable by its owner only. Raises when the id is taken.

    The file is replaced whole: a crash leaves the ring that was, never half of one.
    """
    stored: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if key_id in stored:
        raise ValueError(f"key {key_id} exists already")
    stored[key_id] = b64encode(bytes(PrivateKey.generate())).decode()
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(stored, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
