"""A fetch with header names that are no UTF-8 is read whole, in order, and what is corrupt stays corrupt."""

from typing import Any

import pytest
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from aiokafka.structs import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from qontable.header_names import name_bytes, name_text, tolerate_header_names

GZIP = 1


class Name(str):
    __slots__ = ()

    def encode(self, *_: Any) -> bytes:
        return name_bytes(str(self))


def batch(first_offset: int, names: list[str], codec: int = 0) -> bytes:
    builder = _DefaultRecordBatchBuilderPy(2, codec, 0, -1, -1, -1, 100_000)
    for number, name in enumerate(names):
        builder.append(number, 1, b"key", b"value", [(Name(name), name_bytes(name))])
    data = bytearray(builder.build())
    data[:8] = first_offset.to_bytes(8, "big")
    return bytes(data)


def read(data: bytes) -> list[Any]:
    tolerate_header_names()
    records = fetcher.MemoryRecords(data)
    return list(fetcher.PartitionRecords(TopicPartition("topic", 0), records, [], 0, None, None, True, 0))


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=12), st.integers(0, 12), st.sampled_from([0, GZIP]))
def test_every_record_comes_once_in_order_with_its_headers_as_they_were(
    names: list[bytes], cut: int, codec: int
) -> None:
    texts = [name_text(name) for name in names]
    parts = [part for part in (texts[:cut], texts[cut:]) if part]
    offsets = [0, len(parts[0])]
    data = b"".join(batch(offset, part, codec) for offset, part in zip(offsets, parts, strict=False))
    records = read(data)
    assert [record.offset for record in records] == list(range(len(names)))
    assert [[(name_bytes(name), value) for name, value in record.headers] for record in records] == [
        [(name, name)] for name in names
    ]


def test_what_was_handed_out_of_a_batch_before_the_bad_name_does_not_come_again() -> None:
    records = read(batch(0, ["a"]) + batch(1, ["b", "\udc80"]))
    assert [record.offset for record in records] == [0, 1, 2]


def test_what_is_corrupt_is_still_refused() -> None:
    data = bytearray(batch(0, ["good", "b\udcffd"]))
    data[-3] ^= 1
    with pytest.raises(CorruptRecordException):
        read(bytes(data))
