"""Credentials in sealed boxes: whoever has the public key can seal, only a gateway can open (DESIGN 8, rule 6).

The firm, the connection and what kind of secret it is are inside the sealed body and compared on opening, so that a box
moved to another row or table opens for nobody. Keys have ids; a ring holds several, and seals under the newest.
"""

import hashlib
import json
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from pydantic import BaseModel, ConfigDict

from qontable.events.hub import Sealed

CREDENTIALS = "credentials"
"""What a person typed; boxes of other secrets name their own kind."""


class BoxRefused(ValueError):
    """A box that cannot be opened: its key is not here, it was altered, or it belongs elsewhere."""


class _Body(BaseModel):
    """What is in a box."""

    model_config = ConfigDict(hide_input_in_errors=True)
    firm_id: str
    connection_id: str
    credentials: dict[str, str]
    kind: str = CREDENTIALS


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A public key and its id: enough to seal, not to open."""

    key_id: str
    public: str

    def seal(self, credentials: dict[str, str], *, firm_id: str, connection_id: str, kind: str = CREDENTIALS) -> Sealed:
        """A box for this connection of this firm. Sealing the same credentials twice gives different boxes."""
        body = _Body(firm_id=firm_id, connection_id=connection_id, credentials=credentials, kind=kind)
        box = SealedBox(PublicKey(b64decode(self.public))).encrypt(body.model_dump_json().encode())
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
        return self.sealing_key_of(self.key_ids[-1])

    def sealing_key_of(self, key_id: str) -> SealingKey:
        """The public half of a key that is here."""
        return SealingKey(key_id, b64encode(bytes(self._keys[key_id].public_key)).decode())

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of the keys that are here, oldest first."""
        return tuple(self._keys)

    def secret_for(self, purpose: str) -> bytes:
        """32 bytes made of the newest key for one purpose; they tell nothing of the key or of other purposes."""
        return hashlib.blake2b(purpose.encode(), key=bytes(self._keys[self.key_ids[-1]]), digest_size=32).digest()

    def open(self, sealed: Sealed, *, firm_id: str, connection_id: str, kind: str = CREDENTIALS) -> dict[str, str]:
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
        if body.kind != kind:
            raise BoxRefused("the box holds a secret of another kind")
        return body.credentials


def load_ring(path: Path) -> KeyRing:
    """The ring in a file written by `write_new_key`: a JSON object, key id → base64 private key, oldest first.

    Raises `OSError` and, for a file that holds no ring, `ValueError` without a word of it.
    """
    try:
        return KeyRing({key_id: PrivateKey(b64decode(text)) for key_id, text in _read(path).items()})
    except (ValueError, TypeError, AttributeError, CryptoError):
        raise ValueError(f"{path} holds no key ring") from None


def write_new_key(path: Path, key_id: str) -> None:
    """Add a fresh private key to the ring in `path`, readable by its owner only. Raises when the id is taken."""
    stored = _read(path) if path.exists() else {}
    if key_id in stored:
        raise ValueError(f"key {key_id} exists already")
    _write(path, stored | {key_id: b64encode(bytes(PrivateKey.generate())).decode()})


def remove_key(path: Path, key_id: str) -> None:
    """Take a key out of the ring in `path`. Raises when it is not there or the only one."""
    stored = _read(path)
    if key_id not in stored or len(stored) == 1:
        raise ValueError(f"key {key_id} is not there, or the only one")
    _write(path, {name: text for name, text in stored.items() if name != key_id})


def _read(path: Path) -> dict[str, str]:
    stored: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return stored


def _write(path: Path, stored: dict[str, str]) -> None:
    """Replace the file whole: a crash leaves the ring that was, never half of one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(stored, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
