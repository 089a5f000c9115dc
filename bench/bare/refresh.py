"""A refresh without a thought: rows in memory are copied beside the current ones and upserted; changed ones are noted.

The tables are made like those of `reference_data`. Each run differs from the one before in as many rows as the order
says, and unchanged rows are not written.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from bench.bare.order import Order, Run, obey

UPSERT = """
    with written as (
        insert into item (file_id, kind, code, body, hash, version)
        select 'bare', kind, code, body::jsonb, hash, $1 from incoming
        on conflict (file_id, kind, code) do update set
            body = excluded.body, hash = excluded.hash, version = excluded.version
            where item.hash <> excluded.hash
        returning kind, code, body
    )
    insert into change (file_id, version, kind, code, change, body)
    select 'bare', $1, kind, code, 'changed', body from written
"""


@asynccontextmanager
async def prepared(order: Order) -> AsyncIterator[Run]:
    """A connection, and the snapshots of all runs in memory: `order["labels"]` names one for each."""
    connection = await asyncpg.connect(order["database"], server_settings={"search_path": "bare"})
    await connection.execute(
        "create temporary table incoming (kind text, code text, body text, hash bytea) on commit delete rows"
    )
    version = 0

    async def run(changed: int) -> None:
        """Apply a snapshot of which the first `changed` rows are other than in the run before."""
        nonlocal version
        version += 1
        async with connection.transaction():
            await connection.copy_records_to_table("incoming", records=snapshots[version])
            await connection.execute("analyze incoming")
            await connection.execute(UPSERT, version)

    try:
        snapshots: dict[int, list[tuple[str, str, str, bytes]]] = {}
        labels = [f"Compte {number}" for number in range(order["rows"])]
        for number, changed in enumerate(order["changed"], start=1):
            labels[:changed] = [f"Compte {number}"] * changed
            snapshots[number] = [_row(code, label) for code, label in enumerate(labels)]
        yield run
    finally:
        await connection.close()


def _row(code: int, label: str) -> tuple[str, str, str, bytes]:
    body = f'{{"closed":false,"label":"{label}","number":"401{code:07}"}}'
    return "subsidiaries", f"401{code:07}", body, hashlib.sha256(body.encode()).digest()[:16]


if __name__ == "__main__":
    obey(prepared)
