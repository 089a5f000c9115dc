"""A snapshot applies whole or not at all, and readers hear exactly what changed."""

import pytest

from qontable.events.reference import Account, AccountsFetched, AccountsFullRequested, Failure, ReferenceRows
from reference_data.app.accepting import NothingWaits, accept
from reference_data.app.asking import Unanswered
from reference_data.app.binding import refreshes_requested
from reference_data.app.fetched import full_requested

from .conftest import BOOK, Bench, without


async def test_mapping_a_file_asks_for_its_reference_data_once(bench: Bench) -> None:
    asked = await bench.map_to("77")
    again = await bench.map_to("77")
    elsewhere = await bench.map_to("78")
    assert [event.software_file_id for event in asked] == ["77"]
    assert again == []
    assert [event.software_file_id for event in elsewhere] == ["78"]


async def test_a_first_snapshot_is_published_as_the_full_state(bench: Bench) -> None:
    await bench.map_to("77")
    [refreshed] = await bench.fetch(*bench.snapshot(BOOK))
    assert (refreshed.full, refreshed.from_version, refreshed.version) == (True, 0, 1)
    assert refreshed.changes.created == BOOK


async def test_parts_may_arrive_in_any_order_and_in_several_batches(bench: Bench) -> None:
    await bench.map_to("77")
    first = ReferenceRows(accounts=BOOK.accounts)
    second = BOOK.model_copy(update={"accounts": ()})
    one, two, closing = bench.snapshot(first, second)
    assert await bench.fetch(closing) == []
    assert await bench.fetch(two) == []
    [refreshed] = await bench.fetch(one)
    assert refreshed.changes.created == BOOK


async def test_only_differences_are_published_and_unchanged_rows_are_not_written(bench: Bench) -> None:
    await bench.map_to("77")
    await bench.fetch(*bench.snapshot(BOOK))
    pool = bench.units.database.pool
    before = await pool.fetch("select code, xmin::text from item where file_id = $1 order by kind, code", bench.file_id)
    renamed = BOOK.accounts[0].model_copy(update={"label": "Fournitures"})
    accounts = (renamed, *BOOK.accounts[1:-1], Account(number="609999", label="Nouveau"))
    [refreshed] = await bench.fetch(*bench.snapshot(BOOK.model_copy(update={"accounts": accounts})))
    assert (refreshed.full, refreshed.from_version, refreshed.version) == (False, 1, 2)
    assert [account.number for account in refreshed.changes.created.accounts] == ["609999"]
    assert [account.label for account in refreshed.changes.changed.accounts] == ["Fournitures"]
    assert [account.number for account in refreshed.changes.removed.accounts] == [BOOK.accounts[-1].number]
    after = await pool.fetch("select code, xmin::text from item where file_id = $1 order by kind, code", bench.file_id)
    assert len(set(map(tuple, before)) & set(map(tuple, after))) == len(before) - 2


async def test_a_snapshot_without_changes_keeps_the_version_and_says_that_it_is_fresh(bench: Bench) -> None:
    await bench.map_to("77")
    await bench.fetch(*bench.snapshot(BOOK))
    [refreshed] = await bench.fetch(*bench.snapshot(BOOK))
    assert (refreshed.from_version, refreshed.version) == (1, 1)
    assert refreshed.changes.created == ReferenceRows()


async def test_a_snapshot_whose_hash_disagrees_changes_nothing(bench: Bench) -> None:
    await bench.map_to("77")
    part, closing = bench.snapshot(BOOK)
    other = part.model_copy(update={"rows": without(BOOK, ["600001"])})
    assert await bench.fetch(other, closing) == []
    assert await bench.codes() == []


async def test_a_code_that_stands_twice_fails_the_snapshot(bench: Bench) -> None:
    await bench.map_to("77")
    twice = BOOK.model_copy(update={"accounts": (*BOOK.accounts, BOOK.accounts[0])})
    assert await bench.fetch(*bench.snapshot(twice)) == []
    assert await bench.codes() == []


async def test_a_snapshot_that_began_earlier_than_the_applied_one_is_ignored(bench: Bench) -> None:
    await bench.map_to("77")
    earlier = bench.snapshot(BOOK)
    later = bench.snapshot(without(BOOK, ["600001"]))
    await bench.fetch(*later)
    assert await bench.fetch(*earlier) == []
    assert "600001" not in await bench.codes()


async def test_a_snapshot_of_a_software_file_that_the_file_left_is_ignored(bench: Bench) -> None:
    await bench.map_to("77")
    left = bench.snapshot(BOOK, software_file_id="77")
    await bench.map_to("78")
    assert await bench.fetch(*left) == []


async def test_after_a_remap_readers_get_the_full_state_of_the_other_file(bench: Bench) -> None:
    await bench.map_to("77")
    await bench.fetch(*bench.snapshot(BOOK))
    await bench.map_to("78")
    other = ReferenceRows(accounts=(Account(number="601000", label="Achats"),))
    [refreshed] = await bench.fetch(*bench.snapshot(other, software_file_id="78"))
    assert (refreshed.full, refreshed.version) == (True, 2)
    assert await bench.codes() == ["601000"]


async def test_a_snapshot_that_loses_more_than_a_fifth_waits_for_a_person(bench: Bench) -> None:
    asked = await bench.map_to("77")
    await bench.fetch(*bench.snapshot(BOOK))
    refresh_id = asked[0].refresh_id
    fewer = bench.snapshot(without(BOOK, ["600001", "600002", "600003"]), refresh_id=refresh_id)
    await bench.units.database.pool.execute("update refresh set state = 'asked' where refresh_id = $1", refresh_id)
    assert await bench.fetch(*fewer) == []
    assert await bench.state(refresh_id) == "waits_for_person"
    assert len(await bench.codes()) == 10
    async with bench.units.unit() as unit:
        await accept(unit, refresh_id)
    assert len(await bench.codes()) == 7
    assert await bench.state(refresh_id) == "applied"
    with pytest.raises(NothingWaits):
        async with bench.units.unit() as unit:
            await accept(unit, refresh_id)


async def test_a_failure_is_kept_with_the_words_of_the_software(bench: Bench) -> None:
    [asked] = await bench.map_to("77")
    common = asked.model_dump(include={"refresh_id", "firm_id", "file_id", "connection_id", "software_file_id"})
    failure = Failure(category="software_file_unknown", message="Dossier introuvable")
    await bench.fetch(AccountsFetched(**common, fetch_id="ftc_1", failure=failure))
    assert await bench.state(asked.refresh_id) == "failed"
    kept = await bench.units.database.pool.fetchval(
        "select failure->>'message' from refresh where refresh_id = $1", asked.refresh_id
    )
    assert kept == "Dossier introuvable"


async def test_a_reader_that_missed_a_version_gets_everything_again(bench: Bench) -> None:
    await bench.map_to("77")
    await bench.fetch(*bench.snapshot(BOOK))
    request = AccountsFullRequested(firm_id="frm_1", file_id=bench.file_id, reader="entries")
    [full] = await bench.hear(full_requested, request)
    assert (full.full, full.version) == (True, 1)
    assert set(full.changes.created.accounts) == set(BOOK.accounts)


async def test_a_refresh_that_nobody_answers_is_asked_again_under_its_identity_and_given_up_in_the_end(
    bench: Bench,
) -> None:
    [asked] = await bench.map_to("77")
    pool = bench.units.database.pool
    await pool.execute("delete from outbox")
    unanswered = Unanswered(bench.units, waited=asked.requested_at - asked.requested_at)
    for _ in range(10):
        await unanswered.step()
    again = [event for event in await bench.published() if event.refresh_id == asked.refresh_id]
    assert len(again) == 4
    assert await bench.state(asked.refresh_id) == "failed"


async def test_a_refresh_asked_for_by_the_button_is_kept_and_ends(bench: Bench) -> None:
    [mapped] = await bench.map_to("77")
    button = mapped.model_copy(update={"refresh_id": f"{mapped.refresh_id}_2", "reason": "button"})
    await bench.hear(refreshes_requested, button)
    await bench.fetch(*bench.snapshot(BOOK, refresh_id=button.refresh_id))
    assert await bench.state(button.refresh_id) == "applied"


async def test_fifty_thousand_accounts_are_applied_and_published_in_records_of_bounded_size(bench: Bench) -> None:
    await bench.map_to("77")
    accounts = [Account(number=f"401{index:07d}", label=f"Fournisseur {index}") for index in range(50_000)]
    parts = [ReferenceRows(subsidiaries=tuple(accounts[start : start + 2_000])) for start in range(0, 50_000, 2_000)]
    published = await bench.fetch(*bench.snapshot(*parts))
    assert sum(len(event.changes.created.subsidiaries) for event in published) == 50_000
    assert {event.parts for event in published} == {len(published)}
    assert max(len(event.body()) for event in published) < 300_000
