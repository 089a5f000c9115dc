"""Reference data as entries holds it: what comes in versions and parts, and what a gap or a silent software does."""

from datetime import UTC, datetime, timedelta
from typing import Any

from qontable.events.connector import ConnectionHealthChanged
from qontable.events.delivery import EntryStatusChanged
from qontable.events.reference import AccountsFullRequested, AccountsRefreshRequested

from .client import CHART, Client, line
from .house import House


def accounts(*numbers: str, closed: bool = False) -> dict[str, Any]:
    return {"accounts": [{"number": number, "label": number, "closed": closed} for number in numbers]}


async def booked_on(house: House, client: Client, entry_id: str, account: str) -> None:
    lines = [line(account, "1.00", "0.00"), line("401000", "0.00", "1.00", "401DURAND")]
    await house.say(client.validated(entry_id, lines=lines))


async def version(house: House, client: Client, number: int) -> None:
    await house.until_true(
        "select version = $2 from entries.reference_files where file_id = $1", client.file_id, number
    )


async def patience_ends(house: House, client: Client, since: timedelta = timedelta(hours=1)) -> None:
    """Nobody has answered what was asked for a while ago."""
    long_ago = datetime.now(UTC) - since
    await house.database.execute(
        "update entries.revisions set received_at = $2 where file_id = $1", client.file_id, long_ago
    )
    await house.database.execute(
        "update entries.reference_files set refreshed_at = $2 where file_id = $1",
        client.file_id,
        f'{{"accounts": "{(long_ago - timedelta(hours=1)).isoformat()}"}}',
    )
    await house.database.execute(
        "update entries.refresh_asks set asked_at = $2 where file_id = $1", client.file_id, long_ago
    )
    await house.database.execute("update entries.entries set check_due = now() where file_id = $1", client.file_id)


async def test_accounts_that_are_created_closed_and_removed_count_from_then_on(house: House) -> None:
    client = await house.client()
    await house.say(client.refreshed(2, 1, {"created": accounts("607000")}))
    await version(house, client, 2)
    await booked_on(house, client, "created", "607000")
    await house.dispatched(client, "created")
    await house.say(client.refreshed(3, 2, {"changed": accounts("607000", closed=True), "removed": accounts("606400")}))
    await version(house, client, 3)
    await booked_on(house, client, "closed", "607000")
    await booked_on(house, client, "removed", "606400")
    for entry_id in ("closed", "removed"):
        await house.waits_for(client, entry_id, "reference_refresh")
    await house.say(client.refreshed(3, 3, {}))
    for entry_id, code in (("closed", "account_closed"), ("removed", "account_unknown")):
        returned = await house.status(client, entry_id, "to_verify")
        assert [finding.code for finding in returned.findings] == [code]


async def test_a_difference_in_parts_counts_once_the_last_part_is_there(house: House) -> None:
    client = await house.client()
    parts = [client.refreshed(2, 1, {"created": accounts(f"60700{part}")}, part=part, parts=3) for part in (1, 2, 3)]
    await house.say(parts[0], parts[2])
    await booked_on(house, client, "early", "607001")
    await house.waits_for(client, "early", "reference_refresh")
    assert await house.fetchval("select version from entries.reference_files where file_id = $1", client.file_id) == 1
    await house.say(parts[1])
    await house.dispatched(client, "early")
    await booked_on(house, client, "late", "607003")
    await house.dispatched(client, "late")


async def test_a_missed_version_asks_for_the_full_state_once(house: House) -> None:
    client = await house.client()
    await house.say(client.refreshed(3, 2, {"created": accounts("607000")}))
    await house.say(client.refreshed(4, 3, {"created": accounts("608000")}))
    asked = await house.hear(AccountsFullRequested, file_id=client.file_id)
    assert asked.reader == "entries"
    chart = {**CHART, "accounts": accounts("607000", "608000")["accounts"]}
    await house.say(client.refreshed(4, 0, {"created": chart}, full=True))
    await version(house, client, 4)
    for account in ("607000", "608000"):
        await booked_on(house, client, account, account)
        await house.dispatched(client, account)
    await booked_on(house, client, "gone", "606400")
    await house.waits_for(client, "gone", "reference_refresh")
    assert len(house.all(AccountsFullRequested, file_id=client.file_id)) == 1


async def test_an_older_difference_that_comes_again_changes_nothing(house: House) -> None:
    client = await house.client()
    await house.say(client.refreshed(2, 1, {"removed": accounts("606400")}), client.refreshed(1, 0))
    await version(house, client, 2)
    await booked_on(house, client, "ent", "606400")
    await house.waits_for(client, "ent", "reference_refresh")
    assert not house.all(AccountsFullRequested, file_id=client.file_id)


async def test_an_entry_is_not_blamed_while_the_software_cannot_be_asked(house: House) -> None:
    client = await house.client()

    async def health(number: int, state: str) -> None:
        told = {"firm_id": client.firm_id, "connection_id": client.connection_id, "connector": "myunisoft"}
        now = datetime.now(UTC)
        await house.say(
            ConnectionHealthChanged.model_validate({**told, "version": number, "health": state, "since": now})
        )
        await house.until_true(
            "select version = $2 from entries.connection_health where connection_id = $1", client.connection_id, number
        )

    await booked_on(house, client, "ent", "606499")
    await house.waits_for(client, "ent", "reference_refresh")
    await health(1, "unreachable")
    await patience_ends(house, client)
    await house.until_true(
        "select check_due > now() + interval '5 minutes' from entries.entries where file_id = $1", client.file_id
    )
    assert await house.fetchval("select status from entries.entries where file_id = $1", client.file_id) == "ready"
    await health(2, "connected")
    await house.hear(AccountsRefreshRequested, count=2, file_id=client.file_id)
    assert await house.fetchval("select status from entries.entries where file_id = $1", client.file_id) == "ready"
    await house.say(client.refreshed(1, 1, {}))
    assert (await house.status(client, "ent", "to_verify")).findings[0].code == "account_unknown"


async def test_an_entry_is_not_blamed_while_nobody_answers_for_the_software(house: House) -> None:
    """Gateways or reference data may be away while the connection is well: the entry waits, and says for what.

    Each question waits twice as long as the one before: whoever comes back must not find one for every ten minutes.
    """
    client = await house.client()
    await booked_on(house, client, "ent", "606499")
    await house.waits_for(client, "ent", "reference_refresh")
    await patience_ends(house, client)
    await house.hear(AccountsRefreshRequested, count=2, file_id=client.file_id)
    await patience_ends(house, client, timedelta(minutes=15))
    await house.until_true("select check_due > now() from entries.entries where file_id = $1", client.file_id)
    assert len(house.all(AccountsRefreshRequested, file_id=client.file_id)) == 2
    await patience_ends(house, client, timedelta(minutes=25))
    await house.hear(AccountsRefreshRequested, count=3, file_id=client.file_id)
    assert not house.all(EntryStatusChanged, file_id=client.file_id, status="to_verify")


async def test_what_no_refresh_could_cure_is_returned_although_nobody_answers(house: House) -> None:
    client = await house.client()
    lines = [line("606499", "1.00", "0.00") for _ in range(50)] + [line("512000", "0.00", "50.00")]
    await house.say(client.validated("ent", lines=lines))
    await house.waits_for(client, "ent", "reference_refresh")
    await patience_ends(house, client)
    returned = await house.status(client, "ent", "to_verify")
    assert [finding.code for finding in returned.findings] == ["too_many_lines"]
