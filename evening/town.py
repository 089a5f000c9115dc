"""Client files full of entries that wait for the evening.

One entry comes in and is told to wait as every entry is; the others are copies of its rows, written straight into the
tables, so that a hundred thousand stand there in seconds.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time

import asyncpg
from aiokafka import ConsumerRecord

from entries.bootstrap import build
from entries.settings import EntriesSettings
from gateways.connectors.registry import load_sheets
from local_stack.moved_clock import moved_clock
from local_stack.world import World
from qontable.bus import Received
from qontable.clock import PARIS, now
from qontable.envelope import Envelope
from qontable.events.base import Event
from qontable.events.connector import ConnectorAnnounced
from qontable.events.hub import ConnectionChanged, FileIntegrationChanged
from qontable.events.platform import EntryValidated, FileCreated, FirmCreated
from qontable.events.reference import AccountsRefreshed
from qontable.service import Service

DAY = date(2026, 10, 25)
"""A date on which the clocks of Paris change."""
BEFORE = datetime.combine(DAY, time(19, 30), PARIS)
"""Less than an hour before, so that nothing is looked at again by itself when the evening comes."""
EVENING = datetime.combine(DAY, time(20, 0, 1), PARIS)
OF_FILE = (
    "firms",
    "files",
    "connections",
    "integrations",
    "issued_codes",
    "reference_files",
    "reference_accounts",
    "reference_journals",
    "reference_years",
)
"""Tables whose rows are copied once per file: every id in them ends like the file's."""


def settings_of(world: World) -> EntriesSettings:
    """The settings of an entries process in this world, where no gateway acknowledges anything."""
    values = {name.removeprefix("QONTABLE_").lower(): value for name, value in variables(world).items()}
    return EntriesSettings.model_validate(values)


def variables(world: World) -> dict[str, str]:
    """The same as variables."""
    return world.settings_env("entries") | {
        "QONTABLE_ENTRIES_ACKNOWLEDGE_SECONDS": "86400",
        "QONTABLE_KAFKA_SESSION_SECONDS": "6",
        "QONTABLE_LOG_LEVEL": "WARNING",
    }


async def settle(world: World, entries: int, files: int) -> None:
    """Fill the town: entries that wait for the evening of `DAY`, spread evenly over files of connections of their own.

    The n-th to have arrived is `ent_n`, in file `fil_` n modulo `files`.
    """
    with moved_clock(BEFORE):
        await _write_original(world)
    database = await asyncpg.connect(world.admin_url, server_settings={"search_path": "entries"})
    try:
        async with database.transaction():
            await _copy_files(database, files)
            await _copy_entries(database, entries, files)
        await database.execute("analyze")
    finally:
        await database.close()


async def _write_original(world: World) -> None:
    """One file with one entry, by the handlers of the service itself; its ids end in `zz`."""
    service = await build(settings_of(world))
    try:
        for event in _said():
            subscription = next(
                item.subscription for item in service.consumers if item.subscription.event is type(event)
            )
            async with service.units.unit() as unit:
                await subscription.handler(unit, [_received(event)])
        async with turning(service, "evaluation"):
            while not await service.database.pool.fetchval("select version > 0 from entries"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        waiting = await service.database.pool.fetchval("select visible -> 'waiting_for' from entries")
        assert waiting == ["evening"], waiting
        await service.database.pool.execute("delete from outbox")
    finally:
        await service.database.close()


@asynccontextmanager
async def turning(service: Service, *names: str) -> AsyncIterator[None]:
    """Some of a service's loops at work inside the block."""
    loops = [asyncio.create_task(loop.run()) for loop in service.loops if loop.name in names]
    yield
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)


def _received(event: Event) -> Received[Event]:
    envelope = Envelope(uuid.uuid4().hex, event.ce_type(), "/town", now(), event.subject)
    record = ConsumerRecord(event.topic, 0, 0, 0, 0, event.key.encode(), event.body(), None, 0, 0, ())
    return Received(event, envelope, b"", record, event.topic, "town", None)


def _said() -> list[Event]:
    file = {"firm_id": "frm_zz", "file_id": "fil_zz"}
    tie = {"connection_id": "con_zz", "connector": "myunisoft"}
    software = {"software_file_id": "soft_zz"}
    person = {"user_id": "usr_1", "name": "A", "email": "a@example.org"}
    chart = {
        "accounts": [{"number": number, "label": number} for number in ("606400", "445660")],
        "subsidiaries": [{"number": "401DURAND", "label": "Papeterie Durand"}],
        "journals": [{"code": "ACH", "label": "Achats", "type": "purchases"}],
        "fiscal_years": [{"start": "2026-01-01", "end": "2026-12-31"}],
    }
    return [
        FirmCreated.model_validate({"firm_id": "frm_zz", "name": "Cabinet", "administrator": person}),
        FileCreated(firm_id="frm_zz", file_id="fil_zz", name="Durand"),
        ConnectorAnnounced(
            connector="myunisoft", version=1, sheet=load_sheets()["myunisoft"], sealing_key_id="key", sealing_key="key"
        ),
        ConnectionChanged.model_validate(
            {
                "firm_id": "frm_zz",
                **tie,
                "version": 1,
                "enabled": True,
                "sealed": {"key_id": "key", "box": "c2VhbGVk"},
                "options": {"frequency": "daily"},
            }
        ),
        FileIntegrationChanged.model_validate(
            {
                **file,
                **tie,
                "version": 1,
                "software_file": {**software, "name": "Durand"},
                "active": True,
                "send_from": "2026-01-01",
            }
        ),
        AccountsRefreshed.model_validate(
            {
                **file,
                "connection_id": "con_zz",
                **software,
                "from_version": 0,
                "version": 1,
                "changes": {"created": chart},
                "refreshed_at": now(),
            }
        ),
        _entry(),
    ]


def _entry() -> EntryValidated:
    lines = [
        {"account": "606400", "label": "Papeterie Durand", "debit": "100.00", "credit": "0.00"},
        {"account": "445660", "label": "TVA 20 %", "debit": "20.00", "credit": "0.00", "vat": {"rate": "20.00"}},
        {
            "account": "401000",
            "subsidiary": {"code": "401DURAND", "label": "Papeterie Durand", "kind": "supplier"},
            "label": "Papeterie Durand",
            "debit": "0.00",
            "credit": "120.00",
        },
    ]
    return EntryValidated.model_validate(
        {
            "firm_id": "frm_zz",
            "file_id": "fil_zz",
            "entry_id": "ent_zz",
            "revision": 1,
            "kind": "purchase",
            "journal": {"code": "ACH", "label": "Achats"},
            "date": "2026-03-12",
            "label": "Papeterie Durand",
            "invoice_number": "FD-ent_zz",
            "lines": lines,
            "validated_by": "usr_1",
            "validated_at": now(),
        }
    )


async def _copy_files(database: asyncpg.Connection, files: int) -> None:
    for table in OF_FILE:
        await database.execute(
            f"""
            with original as (delete from {table} returning *)
            insert into {table} select copy.* from original, generate_series(0, $1 - 1) as nth, jsonb_populate_record(
                null::{table}, replace(to_jsonb(original)::text, '_zz', '_' || nth)::jsonb) as copy
            """,
            files,
        )


async def _copy_entries(database: asyncpg.Connection, entries: int, files: int) -> None:
    """Each with a code and a duplicate key of its own."""
    await database.execute(
        """
        with original as (delete from entries returning *)
        insert into entries overriding system value
        select copy.* from original, generate_series(0, $1 - 1) as nth, jsonb_populate_record(null::entries,
            replace(
                replace(replace(to_jsonb(original)::text, 'ent_zz', 'ent_' || nth), '_zz', '_' || nth % $2),
                '"' || original.ack_code || '"', '"' || upper(lpad(to_hex(nth / $2), 4, '0')) || '"'
            )::jsonb || jsonb_build_object('arrived', nth, 'duplicate_key', sha256(nth::text::bytea))) as copy
        """,
        entries,
        files,
    )
    for table in ("revisions", "status_history"):
        await database.execute(
            f"""
            with original as (delete from {table} returning *)
            insert into {table} select copy.* from original, generate_series(0, $1 - 1) as nth, jsonb_populate_record(
                null::{table},
                replace(replace(to_jsonb(original)::text, 'ent_zz', 'ent_' || nth), '_zz', '_' || nth % $2)::jsonb
            ) as copy
            """,
            entries,
            files,
        )
    await database.execute("select setval(pg_get_serial_sequence('entries', 'arrived'), $1)", entries + 1)
