"""Scenarios of credentials and of what is read from the software."""

from qontable.events.connector import ConnectionChecked, ConnectionHealthChanged, Prerequisite
from qontable.events.delivery import EntryDispatched
from qontable.events.hub import ConnectionCheckRequested
from qontable.events.reference import AccountsFetched, AccountsRefreshRequested, snapshot_hash
from qontable.sheet import Sheet

from .desk import FIRM, GENEROUS, PATIENCE, Desk, refuse_unwritten
from .entries import FILE
from .scenario import Scenario
from .terms import SLOWNESS

WRONG = "0" * 64
LEAST_PER_SECOND = 500
"""Accounts that are read of a chart in a second, beside all else that goes on."""


async def check(desk: Desk, random: str, software_file_id: str | None = None) -> ConnectionChecked:
    """What the software says to these credentials, as the wizard asks."""
    check_id = f"chk_{next(desk.bench.numbers)}"
    await desk.house.say(
        ConnectionCheckRequested(
            check_id=check_id,
            firm_id=FIRM,
            connection_id=desk.connection_id,
            connector=desk.connector,
            sealed=desk.sealed(random),
            throttle=GENEROUS,
            software_file_id=software_file_id,
        )
    )
    checked = await desk.house.hears(ConnectionChecked, patience=PATIENCE, check_id=check_id)
    refuse_unwritten(checked.message)
    return checked


async def good_credentials(desk: Desk) -> None:
    """They are accepted, and every software file that they open is listed."""
    other = await desk.open_file(f"{desk.code}B")
    checked = await check(desk, desk.random)
    assert checked.outcome == "accepted", checked.message
    listed = {file.software_file_id for file in checked.software_files}
    assert {desk.software_file, other} <= listed or not desk.sheet.lists_software_files


async def wrong_credentials(desk: Desk) -> None:
    """They are refused, with a remedy in both languages and no file."""
    checked = await check(desk, WRONG)
    assert (checked.outcome, checked.software_files) == ("refused", ())
    assert checked.message
    assert all([checked.message.remedy["fr"], checked.message.remedy["en"]])


async def revoked_in_the_middle(desk: Desk) -> None:
    """The lane halts with nothing sent, and goes on once the connection is made anew."""
    await desk.change_key(revoked=True)
    delivery = desk.entry()
    await desk.house.say(delivery)
    await desk.house.comes_true(lambda: _halted(desk, delivery), PATIENCE)
    assert await desk.books() == []
    await desk.change_key(revoked=False)
    await desk.connect(version=2)
    await desk.ends_booked_once(delivery)


def _halted(desk: Desk, delivery: EntryDispatched) -> bool:
    for told in desk.bench.told_of(delivery):
        refuse_unwritten(told.message)
    halted = {"connection_id": desk.connection_id, "health": "credentials_refused"}
    return bool(desk.house.said(ConnectionHealthChanged, **halted))


async def prerequisites(desk: Desk) -> None:
    """Those that a call can test are tested, and a file in order meets them."""
    checked = await check(desk, desk.random, desk.software_file)
    tested = {item.name for item in desk.sheet.prerequisites if item.tested_by}
    assert _by_name(checked.prerequisites) == dict.fromkeys(tested, True), checked


def _by_name(tested: tuple[Prerequisite, ...]) -> dict[str, bool]:
    return {item.name: item.met for item in tested}


def _none_testable(sheet: Sheet) -> str | None:
    return None if any(item.tested_by for item in sheet.prerequisites) else "the sheet knows no call that tests one"


async def fetched(desk: Desk, software_file_id: str, patience: float = PATIENCE) -> list[AccountsFetched]:
    """Every record of one refresh: whole, as its closing record says."""
    refresh_id = f"rfr_{next(desk.bench.numbers)}"
    await desk.house.say(
        AccountsRefreshRequested(
            refresh_id=refresh_id,
            firm_id=FIRM,
            file_id=f"fil_{desk.name}",
            connection_id=desk.connection_id,
            connector=desk.connector,
            software_file_id=software_file_id,
            reason="button",
            requested_at="2026-03-12T10:00:00Z",
        )
    )
    await desk.house.comes_true(
        lambda: any(item.closing or item.failure for item in desk.house.said(AccountsFetched, refresh_id=refresh_id)),
        patience,
    )
    said = desk.house.said(AccountsFetched, refresh_id=refresh_id)
    failures = [item.failure for item in said if item.failure]
    for failure in failures:
        refuse_unwritten(failure)
    assert not failures, failures
    (closing,) = [item.closing for item in said if item.closing]
    parts = sorted((item for item in said if item.rows), key=lambda item: item.part or 0)
    assert len(parts) == closing.parts
    assert snapshot_hash(item.rows for item in parts if item.rows) == closing.sha256
    return parts


def numbers(parts: list[AccountsFetched]) -> list[str]:
    """Every account and subsidiary account that was fetched, as often as it was."""
    rows = [item.rows for item in parts if item.rows]
    return [account.number for row in rows for account in (*row.accounts, *row.subsidiaries)]


async def empty_chart(desk: Desk) -> None:
    """A file without an account is fetched whole."""
    empty = await desk.open_file(f"{desk.code}E", **{name: [] for name in FILE})
    assert numbers(await fetched(desk, empty)) == []


def chart_of(accounts: int) -> Scenario:
    """A chart of so many accounts, each fetched once, with journals and fiscal years."""

    async def chart(desk: Desk) -> None:
        general = [{"number": f"6{number:06d}", "label": f"Charge {number}"} for number in range(accounts)]
        file = await desk.open_file(f"{desk.code}C", accounts=general, subsidiaries=[], axes=[])
        parts = await fetched(desk, file, PATIENCE + accounts * SLOWNESS / LEAST_PER_SECOND)
        found = [number for number in numbers(parts) if number.startswith("6")]
        assert len(found) == len(set(found)) == accounts
        journals = {journal.code for item in parts if item.rows for journal in item.rows.journals}
        assert journals == {journal["code"] for journal in FILE["journals"]}

    return Scenario(f"chart of {accounts:,} accounts", chart)


SCENARIOS = (
    Scenario("good credentials", good_credentials, connects=False),
    Scenario("wrong credentials", wrong_credentials, connects=False),
    Scenario("credentials revoked in the middle", revoked_in_the_middle),
    Scenario("prerequisites", prerequisites, _none_testable, connects=False),
    Scenario("empty chart", empty_chart),
)
