"""Checks of credentials, reference data, creation of accounts."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from gateways.adapters import jobs
from gateways.domain.outcome import CouldNotAsk
from qontable.events.connector import ConnectionChecked, ConnectionHealthChanged, ConnectorAnnounced
from qontable.events.delivery import EntryDeliveryChanged, EntryDispatched
from qontable.events.hub import ConnectionCheckRequested, DocumentResendRequested
from qontable.events.reference import (
    Account,
    AccountsCreationRequested,
    AccountsFetched,
    AccountsRefreshRequested,
    ReferenceRows,
    snapshot_hash,
)
from qontable.vault import load_ring

from .house import House
from .software import NO_ANSWER, lose_documents, say, slow


def _check(house: House, token: str, connection_id: str = "con_new", **changes: object) -> ConnectionCheckRequested:
    key = load_ring(house.world.gateway_keys).sealing_key
    number = next(house.numbers)
    return ConnectionCheckRequested(
        check_id=f"chk_{number}",
        firm_id="frm_1",
        connection_id=connection_id,
        connector="myunisoft",
        sealed=key.seal({"token": token}, firm_id="frm_1", connection_id=connection_id),
    ).model_copy(update=changes)


def _refresh(house: House, connection_id: str) -> AccountsRefreshRequested:
    return AccountsRefreshRequested(
        refresh_id=f"ref_{next(house.numbers)}",
        firm_id="frm_1",
        file_id="fil_1",
        connection_id=connection_id,
        connector="myunisoft",
        software_file_id="soc-1",
        reason="mapping",
        requested_at=datetime.now(UTC),
    )


async def _fetched(house: House, refresh: AccountsRefreshRequested) -> list[AccountsFetched]:
    """Everything said of a refresh, once it has ended."""
    for _ in range(1000):
        records = house.said(AccountsFetched, refresh_id=refresh.refresh_id)
        if any(record.closing or record.failure for record in records):
            return records
        await asyncio.sleep(0.02)
    raise AssertionError("the refresh never ended")


async def test_a_wizard_s_credentials_are_tried_before_the_connection_exists(house: House) -> None:
    check = _check(house, "good")
    await house.say(check)
    checked = await house.hears(ConnectionChecked, check_id=check.check_id)
    assert checked.outcome == "accepted"
    assert [item.name for item in checked.software_files] == ["Durand", "B"]
    assert checked.prerequisites == ()


async def test_a_named_file_has_its_prerequisites_tested(house: House) -> None:
    check = _check(house, "good", software_file_id="soc-1")
    await house.say(check)
    checked = await house.hears(ConnectionChecked, check_id=check.check_id)
    assert [(item.name, item.met) for item in checked.prerequisites] == [("fiscal_year_open", True)]


async def test_wrong_credentials_are_refused_with_the_software_s_words(house: House) -> None:
    house.software.refused_tokens.add("wrong")
    check = _check(house, "wrong")
    await house.say(check)
    checked = await house.hears(ConnectionChecked, check_id=check.check_id)
    assert checked.outcome == "refused"
    assert checked.message is not None
    assert checked.message.category == "credentials_refused"


async def test_a_box_of_another_connection_opens_for_nobody(house: House) -> None:
    stolen = _check(house, "good", connection_id="con_victim").sealed
    check = _check(house, "good").model_copy(update={"sealed": stolen})
    await house.say(check)
    checked = await house.hears(ConnectionChecked, check_id=check.check_id)
    assert checked.outcome == "refused"


async def test_a_check_is_answered_while_the_connection_is_halted_and_leaves_no_credentials_behind(
    house: House,
) -> None:
    house.software.refused_tokens.add("revoked")
    connection = await house.connect(token="revoked")
    await house.hears(ConnectionHealthChanged, connection_id=connection, health="credentials_refused")
    check = _check(house, "good", connection)
    await house.say(check)
    assert (await house.hears(ConnectionChecked, check_id=check.check_id)).outcome == "accepted"
    await house.until("select request::text = '{}' from gateways.jobs where job_id = $1", check.check_id)


async def test_a_changed_connection_is_tried_and_its_health_said(house: House) -> None:
    connection = await house.connect()
    assert (await house.hears(ConnectionHealthChanged, connection_id=connection)).health == "connected"


async def test_a_snapshot_comes_in_small_numbered_parts_and_a_closing_record(house: House) -> None:
    accounts = tuple(Account(number=f"{401000000 + number}", label=f"Compte {number}") for number in range(4500))
    house.software.rows = [ReferenceRows(accounts=accounts[:4400]), ReferenceRows(accounts=accounts[4400:])]
    refresh = _refresh(house, await house.connect())
    await house.say(refresh)
    *parts, last = await _fetched(house, refresh)
    assert last.closing is not None
    rows = [part.rows for part in parts if part.rows]
    assert [part.part for part in parts] == [1, 2, 3, 4]
    assert tuple(account for piece in rows for account in piece.accounts) == accounts
    assert (last.closing.parts, last.closing.rows) == (4, 4500)
    assert last.closing.sha256 == snapshot_hash(rows)
    assert all(len(part.body()) < 300_000 for part in parts)
    assert len({record.fetch_id for record in [*parts, last]}) == 1


async def test_the_ids_that_the_software_gives_are_remembered(house: House) -> None:
    house.software.rows = [ReferenceRows(accounts=(Account(number="606400", label="Fournitures"),))]
    refresh = _refresh(house, await house.connect())
    await house.say(refresh)
    await _fetched(house, refresh)
    book = await house.database.fetchval(
        "select id from gateways.books where connection_id = $1 and software_file = 'soc-1' and number = '606400'",
        refresh.connection_id,
    )
    assert book == "id-606400"


async def test_a_refresh_that_breaks_off_is_made_again_under_another_name(house: House) -> None:
    house.software.rows = [ReferenceRows(accounts=(Account(number="606400", label="Fournitures"),))]
    house.software.breaks_off = [CouldNotAsk(exchange=NO_ANSWER, message=say("connection_lost"))]
    refresh = _refresh(house, await house.connect())
    await house.say(refresh)
    records = await _fetched(house, refresh)
    assert records[-1].closing is not None
    assert len({record.fetch_id for record in records}) == 2
    assert records[-1].closing.parts == 1


@pytest.mark.parametrize("cause", ["unreachable", "refused", "credentials"])
async def test_reference_data_that_cannot_be_had_is_answered_with_the_reason(house: House, cause: str) -> None:
    house.software.rows = []
    house.software.breaks_off = [CouldNotAsk(exchange=NO_ANSWER, message=say(cause), cause=cause)] * 9  # type: ignore[arg-type]
    refresh = _refresh(house, await house.connect())
    await house.say(refresh)
    (failed,) = await _fetched(house, refresh)
    house.software.breaks_off = []
    assert failed.failure is not None
    assert failed.failure.category == cause
    assert failed.failure.remedy["fr"]


async def test_an_errand_that_fails_in_no_foreseen_way_leaves_its_lane_to_the_entries(house: House) -> None:
    connection = await house.connect()
    delivery = house.dispatch(connection)
    house.software.script[delivery.entry.entry_id] = [slow(0.5)]
    await house.say(delivery)
    await house.called(delivery)
    await house.database.execute(
        """
        insert into gateways.jobs (kind, job_id, firm_id, connection_id, connector, request)
        values ('creation', $1, 'frm_1', $2, 'myunisoft', '{"no": "request"}')
        """,
        f"broken_{connection}",
        connection,
    )
    await house.database.execute("select pg_notify('lanes_gateways', $1)", connection)
    await house.until(
        "select tries > 0 and due_at > now() and done_at is null from gateways.jobs where job_id = $1",
        f"broken_{connection}",
    )
    await house.reaches(delivery, "confirmed")
    assert house.states(delivery) == ["queued", "confirmed"], "it was not cut off by its neighbour"
    assert house.software.sends(delivery.entry.entry_id) == 1
    await house.database.execute("update gateways.jobs set done_at = now() where job_id = $1", f"broken_{connection}")


async def test_a_refresh_for_a_connection_that_is_switched_off_is_answered_at_once(house: House) -> None:
    connection = await house.connect()
    await house.change(connection, version=2, enabled=False)
    refresh = _refresh(house, connection)
    await house.say(refresh)
    (failed,) = await _fetched(house, refresh)
    assert failed.failure is not None
    assert failed.failure.category == "connection_disabled"


async def test_accounts_are_created_on_request(house: House) -> None:
    connection = await house.connect()
    await house.say(
        AccountsCreationRequested(
            firm_id="frm_1",
            file_id="fil_1",
            connection_id=connection,
            connector="myunisoft",
            software_file_id="soc-1",
            accounts=(Account(number="401DURAND", label="Durand"),),
        )
    )
    await house.until(
        "select outcome = 'created' from gateways.jobs where kind = 'creation' and connection_id = $1", connection
    )
    assert ("ensure", "401DURAND") in [(what, which) for what, which, _ in house.software.calls]


def _resend(delivery: EntryDispatched) -> DocumentResendRequested:
    return DocumentResendRequested(
        firm_id=delivery.firm_id,
        file_id=delivery.file_id,
        entry_id=delivery.entry.entry_id,
        delivery_id=delivery.delivery_id,
        requested_by="usr_1",
        requested_at=datetime.now(UTC),
    )


async def _booked_without_document(house: House) -> EntryDispatched:
    delivery = house.dispatch(await house.connect())
    house.software.script[delivery.entry.entry_id] = [lose_documents]
    await house.say(delivery)
    assert (await house.reaches(delivery, "confirmed")).documents == "missing"
    return delivery


def _attached(house: House, delivery: EntryDispatched) -> int:
    booked = f"book-{delivery.entry.entry_id}"
    return sum(1 for what, which, _ in house.software.calls if (what, which) == ("attach", booked))


async def test_a_missing_document_is_sent_after_its_entry_once_however_often_it_is_asked_for(house: House) -> None:
    delivery = await _booked_without_document(house)
    await house.say(_resend(delivery), _resend(delivery))
    sent = await house.hears(EntryDeliveryChanged, delivery_id=delivery.delivery_id, documents="sent")
    assert (sent.state, sent.software_entry_id, sent.message) == ("confirmed", f"book-{delivery.entry.entry_id}", None)
    await house.say(_resend(delivery))
    other = await _booked_without_document(house)
    await house.say(_resend(other))
    await house.hears(EntryDeliveryChanged, delivery_id=other.delivery_id, documents="sent")
    assert (_attached(house, delivery), _attached(house, other)) == (1, 1)
    assert house.software.sends(delivery.entry.entry_id) == 1


async def test_a_request_for_documents_waits_for_a_lane_without_keeping_its_delivery_from_it(house: House) -> None:
    """Whoever writes an answer has the lane first, then the delivery: two in different orders would wait for ever."""
    delivery = await _booked_without_document(house)
    connection = await asyncpg.connect(house.world.admin_url, server_settings={"search_path": "gateways"})
    async with connection.transaction():
        await connection.execute("select from lanes where connection_id = $1 for no key update", delivery.connection_id)
        await house.say(_resend(delivery))
        await house.until("select true from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'with touched'")
        await connection.execute(
            "select from deliveries where delivery_id = $1 for update nowait", delivery.delivery_id
        )
    await connection.close()
    await house.hears(EntryDeliveryChanged, delivery_id=delivery.delivery_id, documents="sent")
    assert _attached(house, delivery) == 1


async def test_documents_are_sent_once_though_the_database_is_slow_to_write_it_down(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = await _booked_without_document(house)
    finish, failures = jobs.finish, iter([asyncpg.DeadlockDetectedError(), ConnectionResetError()])

    async def finish_at_last(*given: Any) -> bool:
        for failure in failures:
            raise failure
        return await finish(*given)

    monkeypatch.setattr(jobs, "finish", finish_at_last)
    await house.say(_resend(delivery))
    await house.hears(EntryDeliveryChanged, delivery_id=delivery.delivery_id, documents="sent")
    assert _attached(house, delivery) == 1


async def test_a_document_that_is_refused_stays_missing_in_the_software_s_words_and_may_be_sent_again(
    house: House,
) -> None:
    delivery = await _booked_without_document(house)
    house.software.refused_documents = [CouldNotAsk(exchange=NO_ANSWER, message=say("year_closed"), cause="refused")]
    await house.say(_resend(delivery))
    told = await house.hears(EntryDeliveryChanged, delivery_id=delivery.delivery_id, message=say("year_closed"))
    assert (told.state, told.documents) == ("confirmed", "missing")
    await house.say(_resend(delivery))
    sent = await house.hears(EntryDeliveryChanged, delivery_id=delivery.delivery_id, documents="sent")
    assert sent.message is None


async def test_connectors_are_announced_with_their_sheet_and_the_key_to_seal_under(house: House) -> None:
    announced = await house.hears(ConnectorAnnounced, connector="myunisoft")
    assert announced.version == house.software.sheet.version
    assert announced.sealing_key == load_ring(house.world.gateway_keys).sealing_key.public
