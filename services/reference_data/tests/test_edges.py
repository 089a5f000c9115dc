"""What goes wrong only sometimes: slow fetches, long labels, large files after small ones, options switched on late."""

import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from qontable.events.hub import ConnectionChanged, ConnectionOptions, FileIntegrationChanged, Sealed, SoftwareFile
from qontable.events.platform import FileClosed
from qontable.events.reference import Account, AccountsFullRequested, ReferenceRows
from reference_data.adapters.snapshots import forget_left_fetches
from reference_data.app.accepting import accept
from reference_data.app.asking import Unanswered, Weekly
from reference_data.app.binding import connections_changed, files_closed, integrations_changed
from reference_data.app.fetched import full_requested

from .conftest import BOOK, Bench, without

CLOSED_AT = datetime(2026, 3, 31, tzinfo=UTC)
ACCOUNTS = ReferenceRows(accounts=BOOK.accounts)
CONNECTION = ConnectionChanged(
    firm_id="frm_1",
    connection_id="con_1",
    connector="myunisoft",
    version=1,
    enabled=True,
    sealed=Sealed(key_id="key-1", box="box"),
)


async def test_a_slow_snapshot_still_brings_the_kinds_that_no_later_one_brought(bench: Bench) -> None:
    await bench.map_to("77")
    slow = bench.snapshot(BOOK)
    await bench.fetch(*bench.snapshot(without(ACCOUNTS, ["600001"]), kinds=("accounts",)))
    [refreshed] = await bench.fetch(*slow)
    assert set(refreshed.kinds) == {"subsidiaries", "journals", "fiscal_years"}
    assert await bench.codes("journals") == ["ACH"]
    assert "600001" not in await bench.codes("accounts")


async def test_the_full_state_claims_no_kind_that_was_never_fetched(bench: Bench) -> None:
    await bench.map_to("77")
    snapshot = bench.snapshot(ACCOUNTS, kinds=("accounts",))
    await bench.fetch(*snapshot)
    request = AccountsFullRequested(firm_id="frm_1", file_id=bench.file_id, reader="entries")
    [full] = await bench.hear(full_requested, request)
    assert full.kinds == ("accounts",)
    assert snapshot[-1].closing
    assert full.refreshed_at == snapshot[-1].closing.started_at


async def test_records_stay_small_however_long_the_labels_are(bench: Bench) -> None:
    await bench.map_to("77")
    accounts = [Account(number=f"401{index:06d}", label="é" * 1_000) for index in range(3_000)]
    parts = [ReferenceRows(subsidiaries=tuple(accounts[start : start + 300])) for start in range(0, 3_000, 300)]
    published = await bench.fetch(*bench.snapshot(*parts))
    assert max(len(event.body()) for event in published) < 300_000
    assert sum(len(event.changes.created.subsidiaries) for event in published) == 3_000


async def test_what_waits_for_a_person_waits_longer_than_what_never_became_whole(bench: Bench) -> None:
    [asked] = await bench.map_to("77")
    await bench.fetch(*bench.snapshot(BOOK))
    await bench.units.database.pool.execute("update refresh set state = 'asked'")
    fewer = without(BOOK, ["600001", "600002", "600003"])
    await bench.fetch(*bench.snapshot(fewer, refresh_id=asked.refresh_id))
    await bench.units.database.pool.execute("update part set arrived_at = now() - interval '15 days'")
    await bench.units.database.pool.execute("update fetched set arrived_at = now() - interval '15 days'")
    async with bench.units.unit() as unit:
        await forget_left_fetches(unit.connection, 14)
        await accept(unit, asked.refresh_id)
    assert len(await bench.codes()) == 7


async def test_subsidiaries_that_all_vanish_wait_for_a_person_however_many_accounts_there_are(bench: Bench) -> None:
    await bench.map_to("77")
    many = tuple(Account(number=str(600000 + index), label="Charge") for index in range(100))
    await bench.fetch(*bench.snapshot(BOOK.model_copy(update={"accounts": many})))
    assert await bench.fetch(*bench.snapshot(BOOK.model_copy(update={"accounts": many, "subsidiaries": ()}))) == []
    assert await bench.codes("subsidiaries") == ["401DURAND"]


async def test_what_a_file_is_not_tied_to_any_more_is_not_asked_again(bench: Bench) -> None:
    await bench.units.database.pool.execute("delete from refresh")
    await bench.map_to("77")
    await bench.map_to("78")
    await bench.units.database.pool.execute("delete from outbox")
    await Unanswered(bench.units, timedelta(0)).step()
    assert [event.software_file_id for event in await bench.published()] == ["78"]
    await bench.hear(files_closed, FileClosed(firm_id="frm_1", file_id=bench.file_id, closed_at=CLOSED_AT))
    await Unanswered(bench.units, timedelta(0)).step()
    assert await bench.published() == []


async def test_an_option_switched_on_late_does_not_ask_for_all_files_at_once(bench: Bench) -> None:
    pool = bench.units.database.pool
    await bench.hear(connections_changed, CONNECTION)
    for number in range(30):
        bench.file_id = f"{bench.file_id[:12]}_{number}"
        bench._version = 0
        await bench.map_to("77")
    await pool.execute("update file set weekly_due_at = weekly_due_at - interval '30 days'")
    await Weekly(bench.units).step()
    wanted = ConnectionOptions(synchronize_accounts=True)
    await bench.hear(connections_changed, CONNECTION.model_copy(update={"version": 2, "options": wanted}))
    await Weekly(bench.units).step()
    assert await bench.published() == []
    await pool.execute("update file set weekly_due_at = now() - interval '30 days' where file_id = $1", bench.file_id)
    await Weekly(bench.units).step()
    await Weekly(bench.units).step()
    assert [event.file_id for event in await bench.published()] == [bench.file_id]


async def test_a_week_that_a_wrong_clock_put_far_ahead_is_put_right(bench: Bench) -> None:
    await bench.map_to("77")
    pool = bench.units.database.pool
    await pool.execute("update file set weekly_due_at = now() + interval '4 years' where file_id = $1", bench.file_id)
    await Weekly(bench.units).step()
    assert await pool.fetchval(
        "select weekly_due_at < now() + interval '8 days' from file where file_id = $1", bench.file_id
    )


async def test_another_firm_cannot_take_a_file(bench: Bench) -> None:
    await bench.map_to("77")
    theirs = FileIntegrationChanged(
        firm_id="frm_2",
        file_id=bench.file_id,
        version=9,
        connection_id="con_2",
        connector="myunisoft",
        software_file=SoftwareFile(software_file_id="1", name="Autre"),
    )
    assert await bench.hear(integrations_changed, theirs) == []
    pool = bench.units.database.pool
    assert await pool.fetchval("select connection_id from file where file_id = $1", bench.file_id) == "con_1"
    assert await pool.fetchval("select reason from set_aside order by id desc limit 1") == "foreign_file"


async def test_a_large_file_after_many_small_ones_takes_seconds(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plan that PostgreSQL made for small files, and kept, once compared each row with each for minutes."""
    await bench.map_to("77")
    for number in range(8):
        await bench.fetch(*bench.snapshot(without(BOOK, [str(600000 + number)])))
    accounts = [Account(number=f"401{index:07d}", label=f"Fournisseur {index}") for index in range(49_999)]
    accounts.append(BOOK.subsidiaries[0])
    renamed = [
        account.model_copy(update={"label": "Renommé"}) if not index % 100 else account
        for index, account in enumerate(accounts)
    ]
    for name, rows in (("first", accounts), ("unchanged", accounts), ("1 % renamed", renamed)):
        parts = [ReferenceRows(subsidiaries=tuple(rows[start : start + 1_000])) for start in range(0, 50_000, 1_000)]
        snapshot = bench.snapshot(*parts, kinds=("subsidiaries",))
        started = time.perf_counter()
        published = await bench.fetch(*snapshot)
        seconds = time.perf_counter() - started
        with capsys.disabled():
            sys.stdout.write(f"\n50,000 accounts, {name}: {seconds:.1f} s, {len(published)} records")
        assert published
        assert seconds < 30
