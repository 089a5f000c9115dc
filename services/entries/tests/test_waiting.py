"""What an entry waits for, and what lets it go."""

from datetime import UTC, date, datetime, timedelta

import pytest

from qontable.bilingual import set_french
from qontable.events.reference import AccountsRefreshRequested

from .client import line
from .house import House


def unknown_account(number: str = "606499") -> list[dict[str, object]]:
    return [line(number, "120.00", "0.00"), line("401000", "0.00", "120.00", "401DURAND")]


async def test_a_disabled_connection_makes_entries_wait_until_it_is_enabled(house: House) -> None:
    client = await house.client()
    await house.say(client.connected(2, enabled=False))
    await house.until_true("select not enabled from entries.connections where connection_id = $1", client.connection_id)
    await house.say(client.validated("ent"))
    await house.waits_for(client, "ent", "connection")
    await house.say(client.connected(3))
    await house.dispatched(client, "ent")


async def test_a_connector_that_was_not_announced_makes_entries_wait(house: House) -> None:
    client = house.stranger()
    await house.say(client.firm_created(), client.file_created(), client.connected(), client.refreshed())
    await house.say(client.tied(connector="quadra"), client.validated("ent"))
    await house.waits_for(client, "ent", "connector")


async def test_entries_dated_before_the_send_from_date_wait_and_are_never_sent_silently(house: House) -> None:
    client = await house.client(send_from="2026-04-01")
    await house.say(client.validated("old"), client.validated("new", date="2026-04-01"))
    await house.waits_for(client, "old", "send_from")
    await house.dispatched(client, "new")
    await house.say(client.tied(send_from="2026-03-01"))
    await house.dispatched(client, "old")


async def test_entries_from_before_may_be_told_to_be_in_the_books_already(house: House) -> None:
    client = await house.client(send_from="2026-04-01", before_send_from="already_in_books")
    await house.say(client.validated("old"))
    told = await house.status(client, "old", "synchronized", detail="already_in_books")
    assert told.open_difference is False
    await house.say(client.validated("old", 2))
    assert (await house.status(client, "old", "synchronized", revision=2)).open_difference is True
    assert not house.orders(client)


async def test_entries_wait_for_the_files_first_reference_data(house: House) -> None:
    client = house.stranger()
    await house.say(client.firm_created(), client.file_created(), client.connected(), client.tied())
    await house.say(client.validated("ent"))
    await house.waits_for(client, "ent", "reference_data")
    await house.say(client.refreshed())
    await house.dispatched(client, "ent")


async def test_after_a_remapping_entries_wait_for_the_reference_data_of_the_new_software_file(house: House) -> None:
    client = await house.client()
    client.software_file_id = "soft_new"
    await house.say(client.tied())
    await house.until_known(client)
    await house.say(client.validated("ent"))
    await house.waits_for(client, "ent", "reference_data")
    await house.say(client.refreshed(2, full=True))
    assert (await house.dispatched(client, "ent")).software_file == "soft_new"


async def test_nothing_leaves_for_a_file_that_has_ended(house: House) -> None:
    client = await house.client()
    await house.say(client.closed())
    await house.until_true("select closed_at is not null from entries.files where file_id = $1", client.file_id)
    await house.say(client.validated("ent"))
    await house.waits_for(client, "ent", "file_closed")


async def test_what_only_an_event_can_move_is_not_judged_again_by_itself(house: House) -> None:
    client = await house.client(active=False)
    await house.say(client.validated("ent"))
    await house.waits_for(client, "ent", "activation")
    due = "select check_due > now() + interval '100 years' from entries.entries where file_id = $1"
    await house.until_true(due, client.file_id)
    house.wake("evening")
    await house.say(client.tied(active=False), client.validated("next"))
    await house.waits_for(client, "next", "activation")
    await house.until_true(due + " and entry_id = 'ent'", client.file_id)
    await house.say(client.tied())
    await house.dispatched(client, "ent")


async def test_entries_that_wait_say_that_their_file_has_ended(house: House) -> None:
    client = await house.client(active=False)
    await house.say(client.validated("ent"))
    await house.waits_for(client, "ent", "activation")
    await house.say(client.closed())
    await house.waits_for(client, "ent", "file_closed")


async def test_in_manual_mode_entries_validated_before_synchronize_leave_even_if_they_come_later(house: House) -> None:
    client = await house.client()
    await house.say(client.connected(2, frequency="manual"))
    await house.until_true(
        "select frequency = 'manual' from entries.connections where connection_id = $1", client.connection_id
    )
    pressed = datetime.now(UTC)
    before, later = pressed - timedelta(minutes=1), pressed + timedelta(minutes=1)
    await house.say(client.validated("there", validated_at=before))
    await house.waits_for(client, "there", "synchronize")
    await house.say(client.synchronize(pressed))
    await house.dispatched(client, "there")
    await house.say(client.validated("late", validated_at=before), client.validated("next", validated_at=later))
    await house.dispatched(client, "late")
    await house.waits_for(client, "next", "synchronize")


async def test_in_daily_mode_entries_wait_for_the_evening_and_synchronize_lets_them_go(house: House) -> None:
    client = await house.client()
    await house.say(client.connected(2, frequency="daily"))
    await house.until_true(
        "select frequency = 'daily' from entries.connections where connection_id = $1", client.connection_id
    )
    await house.say(client.validated("ent"))
    await house.waits_for(client, "ent", "evening")
    await house.say(client.synchronize(datetime.now(UTC) + timedelta(seconds=1)))
    await house.dispatched(client, "ent")


async def test_a_possible_duplicate_leaves_when_the_other_is_withdrawn(house: House) -> None:
    client = await house.client(active=False)
    await house.say(client.validated("first", invoice_number="FD-1"), client.validated("second", invoice_number="FD-1"))
    await house.waits_for(client, "second", "activation")
    await house.say(client.tied(journal_map={"ACH": "XX"}))
    await house.waits_for(client, "second", "reference_refresh")
    await house.say(client.undone("first"))
    await house.status(client, "first", "withdrawn")
    await house.say(client.tied())
    await house.dispatched(client, "second")


async def test_an_answer_about_one_invoice_is_none_about_another(house: House) -> None:
    """The answer holds for a newer revision of the same invoice, and ends with the number that it was given for."""
    client = await house.client()
    for entry_id, number in (("first", "FD-1"), ("other", "FD-2")):
        await house.say(client.validated(entry_id, invoice_number=number))
        await house.dispatched(client, entry_id)
    await house.say(client.validated("ent", invoice_number="FD-1"))
    await house.waits_for(client, "ent", "duplicate_answer")
    await house.say(client.answered_duplicate("ent"))
    await house.answer(await house.dispatched(client, "ent"), "rejected")
    await house.status(client, "ent", "to_verify", revision=1)
    await house.say(client.validated("ent", 2, invoice_number="FD-1", label="Another label"))
    await house.answer(await house.dispatched(client, "ent", 2), "rejected")
    await house.status(client, "ent", "to_verify", revision=2)
    await house.say(client.validated("ent", 3, invoice_number="FD-2"))
    await house.status(client, "ent", "ready", revision=3, waiting_for=("duplicate_answer",))
    assert len(house.orders(client, "ent")) == 2


async def test_a_credit_note_or_a_payment_of_the_same_invoice_is_no_duplicate(house: House) -> None:
    client = await house.client()
    credit_note = [line("606400", "0.00", "120.00"), line("401000", "120.00", "0.00", "401DURAND")]
    await house.say(
        client.validated("invoice", invoice_number="FD-1"),
        client.validated("credit", invoice_number="FD-1", lines=credit_note),
        client.validated("payment", invoice_number="FD-1", kind="bank"),
    )
    for entry_id in ("invoice", "credit", "payment"):
        await house.dispatched(client, entry_id)


async def test_duplicates_are_sent_where_the_files_policy_says_so(house: House) -> None:
    client = await house.client(policies={"possible_duplicates": "send"})
    await house.say(client.validated("first", invoice_number="FD-1"), client.validated("second", invoice_number="FD-1"))
    await house.dispatched(client, "second")


async def test_an_account_that_the_refresh_brings_lets_the_entry_leave(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent", lines=unknown_account()))
    await house.hear(AccountsRefreshRequested, file_id=client.file_id)
    created = {"created": {"accounts": [{"number": "606499", "label": "Divers"}]}}
    await house.say(client.refreshed(2, 1, created, kinds=("accounts",)))
    await house.dispatched(client, "ent")


async def test_what_a_refresh_cannot_cure_is_returned_at_once(house: House) -> None:
    client = await house.client()
    lines = [line("606400", "1.00", "0.00") for _ in range(50)] + [line("512000", "0.00", "50.00")]
    await house.say(client.validated("ent", lines=lines))
    returned = await house.status(client, "ent", "to_verify")
    assert [finding.code for finding in returned.findings] == ["too_many_lines"]
    assert returned.findings[0].message["fr"] == set_french("L'écriture a 51 lignes ; MyUnisoft en accepte 50.")
    assert not house.all(AccountsRefreshRequested, file_id=client.file_id)


@pytest.mark.parametrize("policy", [True, False])
async def test_a_missing_subsidiary_is_created_where_the_files_policy_says_so(house: House, *, policy: bool) -> None:
    client = await house.client(policies={"create_missing_accounts": policy})
    await house.say(
        client.validated("ent", lines=[line("606400", "1.00", "0.00"), line("401000", "0.00", "1.00", "401NEUF")])
    )
    if policy:
        assert (await house.dispatched(client, "ent")).policies.create_missing_accounts
    else:
        await house.waits_for(client, "ent", "reference_refresh")
        asked = await house.hear(AccountsRefreshRequested, file_id=client.file_id)
        assert asked.kinds == ("subsidiaries",)


def new_supplier(code: str = "401NEUF") -> list[dict[str, object]]:
    return [line("606400", "120.00", "0.00"), line("401000", "0.00", "120.00", code)]


async def test_a_missing_subsidiary_waits_for_leave_where_the_files_rules_ask(house: House) -> None:
    client = await house.client(policies={"ask_before_creating": True})
    await house.say(client.validated("ent", lines=new_supplier()), client.validated("other", lines=new_supplier()))
    told = await house.waits_for(client, "ent", "creation_answer")
    assert [finding.code for finding in told.findings] == ["subsidiary_to_create"]
    assert (await house.hear(AccountsRefreshRequested, file_id=client.file_id)).kinds == ("subsidiaries",)
    await house.waits_for(client, "other", "creation_answer")
    await house.say(client.allowed_creation("ent"))
    order = await house.dispatched(client, "ent")
    assert order.policies.create_missing_accounts and order.policies.ask_before_creating
    assert not house.orders(client, "other")
    created = {"created": {"subsidiaries": [{"number": "401NEUF", "label": ""}]}}
    await house.say(client.refreshed(2, from_version=1, changes=created))
    assert not (await house.dispatched(client, "other")).policies.create_missing_accounts


async def test_leave_to_create_holds_for_the_revision_that_it_was_given_for(house: House) -> None:
    client = await house.client(policies={"ask_before_creating": True})
    await house.say(client.validated("ent", lines=new_supplier()))
    await house.waits_for(client, "ent", "creation_answer")
    await house.say(client.validated("ent", 2, lines=new_supplier("401AUTRE")))
    await house.status(client, "ent", "ready", revision=2, waiting_for=("creation_answer",))
    await house.say(client.allowed_creation("ent"), client.allowed_creation("nobody"))
    aside = "select reason = 'unknown_entry' from entries.set_aside where key = $1"
    await house.until_true(aside, client.file_id.encode())
    await house.until_true("select check_due > now() from entries.entries where file_id = $1", client.file_id)
    assert not house.orders(client)
    await house.say(client.allowed_creation("ent", 2))
    assert (await house.dispatched(client, "ent")).entry.revision == 2


async def test_an_entry_of_closed_books_is_returned_until_the_closing_date_is_changed(house: House) -> None:
    client = await house.client(policies={"closed_until": "2026-03-12"})
    await house.say(client.validated("old"), client.validated("new", date="2026-03-13"))
    told = await house.status(client, "old", "to_verify", detail="preflight")
    assert [(finding.code, finding.where) for finding in told.findings] == [("books_closed", "date")]
    await house.dispatched(client, "new")
    await house.say(client.tied(policies={"closed_until": "2026-02-28"}), client.validated("old", 2))
    assert (await house.dispatched(client, "old")).entry.revision == 2


@pytest.mark.parametrize("released_by", ["document", "policy"])
async def test_an_entry_without_a_document_is_held_where_the_files_rules_say_so(house: House, released_by: str) -> None:
    client = await house.client(policies={"missing_documents": "hold"})
    await house.say(client.validated("ent"), client.validated("bank", kind="bank"))
    told = await house.waits_for(client, "ent", "missing_document")
    assert [finding.code for finding in told.findings] == ["document_absent"]
    await house.dispatched(client, "bank")
    if released_by == "policy":
        await house.say(client.tied(policies={"missing_documents": "warn"}))
    else:
        await house.say(client.validated("ent", 2, documents=[house.documents.document("held")]))
    assert (await house.dispatched(client, "ent")).entry.revision == (1 if released_by == "policy" else 2)


async def test_a_summary_holds_what_a_list_shows(house: House) -> None:
    client = await house.client()
    validated = client.validated("ent", document_number="2026-03-0042")
    await house.say(validated)
    summary = (await house.status(client, "ent", "sending")).summary
    assert len(summary.pop("ack_code")) == 4
    assert summary == {
        "kind": "purchase",
        "journal": "ACH",
        "date": date(2026, 3, 12).isoformat(),
        "label": "Papeterie Durand",
        "document_number": "2026-03-0042",
        "invoice_number": "FD-ent",
        "third_party": "Papeterie Durand",
        "amount": "120.00",
        "currency": "EUR",
        "validated_at": validated.validated_at.isoformat(),
    }
