"""Documents in object storage: a folder locally, a bucket in production, the same calls (obstore)."""

from pathlib import Path

import obstore
from obstore.exceptions import NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url


class DocumentMissing(LookupError):
    """Nothing is stored under this key."""


class Storage:
    """Bytes by key. Writing the same key twice with the same bytes is harmless: keys are made of hashes."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, key: str, content: bytes) -> None:
        """Store `content` under `key`, whole or not at all; it outlives this process when the call returns."""
        await obstore.put_async(self._store, key, content)

    async def get(self, key: str) -> bytes:
        """The bytes under `key`. Raises `DocumentMissing`."""
        try:
            result = await obstore.get_async(self._store, key)
        except (NotFoundError, FileNotFoundError):
            raise DocumentMissing(f"no object {key} in storage") from None
        return bytes(await result.bytes_async())


def open_storage(url: str) -> Storage:
    """The storage behind a `file://` or `s3://` address; a local folder is created when it is missing."""
    if url.startswith("file://"):
        folder = Path(url.removeprefix("file://"))
        folder.mkdir(parents=True, exist_ok=True)
        return Storage(LocalStore(prefix=folder))
    return Storage(from_url(url))
