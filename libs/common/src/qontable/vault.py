"""Credentials in sealed boxes: whoever has the public key can seal, only a gateway can open (DESIGN 8, rule 6).

The firm and the connection are inside the sealed body and compared on opening, so that a box moved to another row
opens for nobody. Keys have ids; a ring holds several, and seals under the newest.
"""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from qontable.events.hub import Sealed


class BoxRefused(ValueError):
    """A box that cannot be opened: its key is not here, it was altered, or it belongs to another connection."""


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A public key and its id: enough to seal, not to open."""

    key_id: str
    public: str

    def seal(self, credentials: dict[str, str], *, firm_id: str, connection_id: str) -> Sealed:
        """A box for this connection of this firm. Sealing the same credentials twice gives different boxes."""
        body = json.dumps({"firm_id": firm_id, "connection_id": connection_id, "credentials": credentials})
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

    def open(self, sealed: Sealed, *, firm_id: str, connection_id: str) -> dict[str, str]:
        """The credentials in a box. Raises `BoxRefused`, which never holds any of the content."""
        private = self._keys.get(sealed.key_id)
        if private is None:
            raise BoxRefused(f"no private key {sealed.key_id} here: add it to the ring, or type the credentials again")
        try:
            body = json.loads(SealedBox(private).decrypt(b64decode(sealed.box)))
        except (CryptoError, ValueError):
            raise BoxRefused(f"the box is damaged or was not sealed under key {sealed.key_id}") from None
        if (body["firm_id"], body["connection_id"]) != (firm_id, connection_id):
            raise BoxRefused("the box belongs to another connection")
        credentials: dict[str, str] = body["credentials"]
        return credentials


def load_ring(path: Path) -> KeyRing:
    """The ring in a file written by `write_new_key`: a JSON object, key id → base64 private key, oldest first."""
    stored: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return KeyRing({key_id: PrivateKey(b64decode(text)) for key_id, text in stored.items()})


def write_new_key(path: Path, key_id: str) -> None:
    """Add a fresh private key to the ring in `path`, readable by its owner only. Raises when the id is taken."""
    stored: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if key_id in stored:
        raise ValueError(f"key {key_id} exists already")
    stored[key_id] = b64encode(bytes(PrivateKey.generate())).decode()
    path.touch(mode=0o600)
    path.write_text(json.dumps(stored, indent=2), encoding="utf-8")
