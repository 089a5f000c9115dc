"""Header names that are no UTF-8: read as they are, where aiokafka would fail at each poll for ever.

Its record reader, compiled, decodes names strictly; one bad name anywhere in a fetch stops the consumer before anybody
sees a record. Here the rest of such a fetch is read once more by aiokafka's own reader in Python, whose bytes decode
names with `surrogateescape`. Everything else is read as fast as before (`docs/decisions/0005`).
"""

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy


def tolerate_header_names() -> None:
    """Have every consumer of this process read header names that are no UTF-8. Twice is once."""
    fetcher.MemoryRecords = _KeptRecords
    fetcher.PartitionRecords = _Partition


def name_bytes(name: str) -> bytes:
    """The name of a header as it is on the wire."""
    return name.encode("utf-8", "surrogateescape")


def name_text(name: bytes) -> str:
    """The name of a header as consumers of this process read it."""
    return name.decode("utf-8", "surrogateescape")


class _KeptRecords(MemoryRecords):  # type: ignore[misc]
    """A fetch of one partition that remembers its bytes."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.data = data


_Strict: Any = fetcher.PartitionRecords


class _Partition(_Strict):  # type: ignore[misc]
    """The records of one partition, in order: strictly first, tolerantly from the record on that cannot be read so.

    The second reading passes over what the first has handed out, by offset, which it has to remember itself: at the end
    of each batch aiokafka's own mark goes back to that batch. What it cannot read either is corrupt.
    """

    _records: Any
    next_fetch_offset: int

    def _unpack_records(self) -> Iterator[Any]:
        try:
            yield from super()._unpack_records()
        except (CorruptRecordException, UnicodeDecodeError):
            handed_out_to = self.next_fetch_offset
            self._records = _TolerantRecords(self._records.data)
            yield from (record for record in super()._unpack_records() if record.offset >= handed_out_to)


class _TolerantRecords(_MemoryRecordsPy):  # type: ignore[misc]
    """The batches of a fetch, read in Python."""

    def next_batch(self) -> Any:
        present: Any = self._next_slice
        strict = super().next_batch()
        headerless = strict is None or strict.magic < 2
        return strict if headerless else _TolerantBatch(present)


class _TolerantBatch(_DefaultRecordBatchPy):  # type: ignore[misc]
    _buffer: bytearray

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _Names(self._buffer)


class _Names(bytearray):
    """Bytes whose parts decode to what they are: the reader decodes nothing but names."""

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return _Names(found) if isinstance(place, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "surrogateescape") -> str:
        return super().decode(encoding, errors)
