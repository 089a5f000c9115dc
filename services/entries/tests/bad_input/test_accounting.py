"""What the books would not take: entries wait or are returned as DESIGN 5 says, with one notice per cause.

Many entries of one cause ask the software one question and are told of it once each; the Hub shows one line per cause
(`test_entries.py` of the hub).
"""

from typing import Any

import pytest

from qontable.events.delivery import EntryStatusChanged
from qontable.events.reference import AccountsRefreshRequested

from ..client import CHART, Client, line
from ..house import House

MANY = 10
UNKNOWN = [line("606499", "120.00", "0.00"), line("401000", "0.00", "120.00", "401DURAND")]
YEAR = {"start": "2027-01-01", "end": "2027-12-31"}
LOCKED = {"created": {"journals": [{**CHART["journals"][0], "code": "FERME", "closed": True}]}}
CLOSED_ACCOUNT = {"changed": {"accounts": [{"number": "606400", "label": "606400", "closed": True}]}}


async def validate_many(house: House, client: Client, **changes: Any) -> list[str]:
    """Entries that share a cause, and a good one among them."""
    names = [f"ent_{number}" for number in range(MANY)]
    await house.say(*(client.validated(name, **changes) for name in names))
    return names


def told(house: House, client: Client, entry_id: str) -> list[tuple[str, tuple[str, ...], list[str]]]:
    """Everything that the accountant was told of an entry: status, what it waits for, findings."""
    return [
        (event.status, event.waiting_for, [finding.code for finding in event.findings])
        for event in house.all(EntryStatusChanged, file_id=client.file_id, entry_id=entry_id)
    ]


def asked(house: House, client: Client) -> list[tuple[str, ...]]:
    return [event.kinds for event in house.all(AccountsRefreshRequested, file_id=client.file_id)]


YEARS = {
    "date in no fiscal year": ({}, "no_fiscal_year", "created"),
    "date in a closed one": (
        {"created": {"fiscal_years": [{**YEAR, "closed": True}]}},
        "fiscal_year_closed",
        "changed",
    ),
}


@pytest.mark.parametrize("name", YEARS)
async def test_entries_wait_for_their_fiscal_year_and_leave_when_it_opens(house: House, name: str) -> None:
    changes, code, how = YEARS[name]
    client = await house.client()
    await house.say(client.refreshed(2, 1, changes, kinds=("fiscal_years",)))
    await house.until_true("select version = 2 from entries.reference_files where file_id = $1", client.file_id)
    names = await validate_many(house, client, date="2027-01-02")
    await house.say(client.validated("neighbour"))
    for entry_id in names:
        await house.waits_for(client, entry_id, "fiscal_year")
    await house.dispatched(client, "neighbour")
    assert asked(house, client) == [("fiscal_years",)]
    await house.say(client.refreshed(2, 2, {}, kinds=("fiscal_years",)))
    await house.say(client.refreshed(3, 2, {how: {"fiscal_years": [YEAR]}}, kinds=("fiscal_years",)))
    for entry_id in names:
        assert (await house.dispatched(client, entry_id)).entry.date == "2027-01-02"
        assert [item for item in told(house, client, entry_id) if item[0] == "ready"] == [
            ("ready", ("fiscal_year",), [code])
        ]


RETURNED: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, ...], str, str]] = {
    "locked journal": (
        {"journal": {"code": "FERME"}},
        LOCKED,
        ("journals",),
        "journal_closed",
        "FERME",
    ),
    "unknown account": ({"lines": UNKNOWN}, {}, ("accounts",), "account_unknown", "606499"),
    "closed account": ({}, CLOSED_ACCOUNT, ("accounts",), "account_closed", "606400"),
    "unknown journal": ({"journal": {"code": "ZZ"}}, {}, ("journals",), "journal_unknown", "ZZ"),
}
"""The entry, what the software has, the kind that is asked for, the finding, and what it names."""


@pytest.mark.parametrize("name", RETURNED)
async def test_entries_are_returned_after_one_question(house: House, name: str) -> None:
    changes, known, kinds, code, named = RETURNED[name]
    client = await house.client()
    await house.say(client.refreshed(2, 1, known))
    await house.until_true("select version = 2 from entries.reference_files where file_id = $1", client.file_id)
    names = await validate_many(house, client, **changes)
    for entry_id in names:
        await house.waits_for(client, entry_id, "reference_refresh")
    assert asked(house, client) == [kinds]
    await house.say(client.refreshed(2, 2, {}, kinds=kinds))
    for entry_id in names:
        returned = await house.status(client, entry_id, "to_verify", detail="preflight")
        (finding,) = returned.findings
        assert finding.code == code
        assert all(named in finding.message[language] for language in ("fr", "en"))
        assert finding.remedy["fr"].endswith("puis validez de nouveau l'écriture.")
        assert [status for status, _, _ in told(house, client, entry_id)] == ["ready", "to_verify"]
    assert asked(house, client) == [kinds]
    await house.say(client.validated("neighbour", lines=[line("445660", "1.00", "0"), line("512000", "0", "1.00")]))
    await house.dispatched(client, "neighbour")


async def test_a_returned_entry_leaves_once_the_cause_is_gone_and_it_is_validated_again(house: House) -> None:
    client = await house.client(journal_map={"ACH": "FERME"})
    await house.say(client.refreshed(2, 1, LOCKED))
    await house.say(client.validated("ent"))
    await house.hear(AccountsRefreshRequested, file_id=client.file_id)
    await house.say(client.refreshed(2, 2, {}))
    returned = await house.status(client, "ent", "to_verify")
    assert [finding.code for finding in returned.findings] == ["journal_closed"]
    await house.say(client.tied())
    await house.until_known(client)
    await house.say(client.validated("ent", 2))
    assert (await house.dispatched(client, "ent")).entry.revision == 2


async def test_possible_duplicate_waits_for_an_answer_and_says_so_once(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("first", invoice_number="FD-1"))
    await house.dispatched(client, "first")
    await house.say(client.validated("second", invoice_number="FD-1"), client.validated("neighbour"))
    await house.waits_for(client, "second", "duplicate_answer")
    await house.dispatched(client, "neighbour")
    await house.say(client.answered_duplicate("second"))
    await house.dispatched(client, "second")
    assert [waits for status, waits, _ in told(house, client, "second") if status == "ready"] == [("duplicate_answer",)]
