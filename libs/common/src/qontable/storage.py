"""Documents in object storage: a folder locally, a bucket in production, the same calls (obstore)."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url


class DocumentMissing(LookupError):
    """Nothing is stored under this key."""


class StorageFailed(OSError):
    """Storage did not do what it was asked; the same call can succeed later."""


class Storage:
    """Bytes by key. Writing the same key twice with the same bytes is harmless: keys are made of hashes.

    Every method raises `StorageFailed` when storage cannot be reached.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, key: str, content: bytes) -> None:
        """Store `content` under `key`, whole or not at all; it outlives this process when the call returns."""
        with _own_errors(key):
            await obstore.put_async(self._store, key, content)

    async def put_file(self, key: str, path: Path) -> None:
        """Store a file's bytes under `key` without holding them in memory; otherwise as `put`."""
        with _own_errors(key):
            await obstore.put_async(self._store, key, path)

    async def get(self, key: str) -> bytes:
        """The bytes under `key`. Raises `DocumentMissing`."""
        with _own_errors(key):
            result = await obstore.get_async(self._store, key)
            return bytes(await result.bytes_async())

    async def stream(self, key: str, chunk_bytes: int) -> AsyncIterator[bytes]:
        """The bytes under `key` in chunks of at least `chunk_bytes`, the last one apart. Raises `DocumentMissing`."""
        with _own_errors(key):
            result = await obstore.get_async(self._store, key)
            async for chunk in result.stream(min_chunk_size=chunk_bytes):
                yield bytes(chunk)


@contextmanager
def _own_errors(key: str) -> Iterator[None]:
    try:
        yield
    except (NotFoundError, FileNotFoundError):
        raise DocumentMissing(f"no object {key} in storage") from None
    except BaseError as error:
        raise StorageFailed(f"storage failed at {key}: {type(error).__name__}") from None


def folder_of(firm_id: str) -> str:
    """A firm's id as part of a key: ids may consist of dots, which storage takes for a way out of the folder."""
    return firm_id if firm_id.strip(".") else firm_id.replace(".", "%2E")


def document_key(firm_id: str, sha256: str) -> str:
    """Where a firm's document lies: the same bytes once, whatever entries they belong to."""
    return f"documents/{folder_of(firm_id)}/{sha256}"


def open_storage(url: str) -> Storage:
    """The storage behind a `file://` or `s3://` address; a local folder is created when it is missing."""
    if url.startswith("file://"):
        folder = Path(url2pathname(urlsplit(url).path))
        folder.mkdir(parents=True, exist_ok=True)
        return Storage(LocalStore(prefix=folder))
    return Storage(from_url(url))
