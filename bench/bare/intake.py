"""Intake without a thought: records are read, as many rows are written as intake writes, as many records go out.

Per entry seven rows, in tables that are made like those of `entries`: inbox, entries, revisions, deliveries, status
history and two of the outbox; nothing is updated, deleted or checked.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.bare.order import Order, Run, obey
from qontable.producer import new_producer

BATCH = 1_000
INBOX = """
    insert into inbox (consumer, source, event_id, body_hash)
    select 'bare', * from unnest($1::text[], $2::text[], $3::bytea[])
"""
ENTRIES = """
    insert into entries (file_id, entry_id, firm_id, ack_code, revision, visible)
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::jsonb[])
"""
REVISIONS = """
    insert into revisions (file_id, entry_id, revision, content, content_bytes, content_hash, validated_at)
    select * from unnest($1::text[], $2::text[], $3::int[], $4::json[], $5::int[], $6::bytea[], $7::timestamptz[])
"""
DELIVERIES = """
    insert into deliveries (delivery_id, firm_id, file_id, entry_id, revision, connection_id, software_file_id,
        dispatch, dispatched_at)
    select *, now() from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[],
        $8::jsonb[])
"""
HISTORY = """
    insert into status_history (file_id, entry_id, version, revision, status, visible, changed_at)
    select *, now() from unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::text[], $6::jsonb[])
"""
OUTBOX = """
    insert into outbox (topic, key, headers, body)
    select * from unnest($1::text[], $2::text[], $3::jsonb[], $4::bytea[])
"""


class Loop:
    """Reads `source`, writes rows through one connection, sends two records per entry to `target`."""

    def __init__(
        self,
        order: Order,
        consumer: AIOKafkaConsumer,
        producer: AIOKafkaProducer,
        connection: asyncpg.Connection,
    ) -> None:
        self._order = order
        self._consumer = consumer
        self._producer = producer
        self._connection = connection

    async def run(self, count: int) -> None:
        """Process `count` records."""
        done = 0
        while done < count:
            batches = await self._consumer.getmany(timeout_ms=1000, max_records=BATCH)
            records = [record for batch in batches.values() for record in batch]
            if records:
                await self._write(records)
                await self._consumer.commit()
                done += len(records)

    async def _write(self, records: Sequence[Any]) -> None:
        events = [orjson.loads(record.value) for record in records]
        headers = [{name: value.decode() for name, value in record.headers} for record in records]
        column = {name: [event[name] for event in events] for name in ("firm_id", "file_id", "entry_id", "revision")}
        key = column["file_id"], column["entry_id"]
        hashes = [hashlib.sha256(record.value).digest() for record in records]
        visible, dispatch = self._order["visible"], self._order["dispatch"]
        seen = [visible] * len(records)
        names = [header["ce_id"] for header in headers]
        bodies = [body for record in records for body in (record.value, visible.encode())]
        write = self._connection.execute
        async with self._connection.transaction():
            await write(INBOX, [header["ce_source"] for header in headers], names, hashes)
            await write(ENTRIES, *key, column["firm_id"], names, column["revision"], seen)
            await write(
                REVISIONS,
                *key,
                column["revision"],
                [record.value.decode() for record in records],
                [len(record.value) for record in records],
                hashes,
                [datetime.now(UTC)] * len(records),
            )
            tied = column["firm_id"], column["firm_id"]
            await write(
                DELIVERIES, names, column["firm_id"], *key, column["revision"], *tied, [dispatch] * len(records)
            )
            await write(HISTORY, *key, column["revision"], column["revision"], ["sending"] * len(records), seen)
            keys = [file_id for file_id in column["file_id"] for _ in range(2)]
            topics = [self._order["target"]] * len(keys)
            await write(
                OUTBOX, topics, keys, [orjson.dumps(header).decode() for header in headers for _ in range(2)], bodies
            )
        pairs = [record.headers for record in records for _ in range(2)]
        sent = [
            await self._producer.send(self._order["target"], body, key=file_id.encode(), headers=list(header))
            for body, file_id, header in zip(bodies, keys, pairs, strict=True)
        ]
        await asyncio.gather(*sent)


@asynccontextmanager
async def prepared(order: Order) -> AsyncIterator[Run]:
    """A loop with all its connections open, at the end of its source."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=order["kafka"], group_id=order["source"], enable_auto_commit=False, auto_offset_reset="latest"
    )
    producer = new_producer(order["kafka"])
    connection = await asyncpg.connect(order["database"], server_settings={"search_path": "bare"})
    await consumer.start()
    await producer.start()
    partitions = [TopicPartition(order["source"], number) for number in range(order["partitions"])]
    consumer.assign(partitions)
    await consumer.seek_to_end(*partitions)
    try:
        yield Loop(order, consumer, producer, connection).run
    finally:
        await consumer.stop()
        await producer.stop()
        await connection.close()


if __name__ == "__main__":
    obey(prepared)
