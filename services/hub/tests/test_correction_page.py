"""Correct and mark verified again, as a person without scripts meets it."""

import asyncio
from typing import Any

from services.hub.tests.browser import Answer, Browser
from services.hub.tests.said import refused_entry, validated
from services.hub.tests.test_reference_page import Software

from qontable.events.hub import EntryCorrectionRequested
from qontable.events.reference import Account, FiscalYear, ReferenceChanges, ReferenceJournal, ReferenceRows

FINDING = {
    "code": "account_unknown", "where": "lines.0.account",
    "message": {"en": "Account 606400 is unknown.", "fr": "Compte 606400 inconnu."},
}  # fmt: skip


async def returned(town: Any, firm: Any, entry_id: str = "ent_1") -> tuple[str, str]:
    """A file with an entry that came back; the file and the path of the entry's page."""
    file_id, _ = await firm.active_file(f"sw_{entry_id}")
    await town.say(validated(firm, file_id, entry_id))
    await town.eventually(lambda: town.rows("select 1 from entry_content where file_id = $1", file_id))
    await firm.tell(refused_entry(firm, file_id, entry_id).model_copy(update={"findings": ()}))
    return file_id, f"/files/{file_id}/entries/{entry_id}"


async def test_the_form_knows_what_was_read_of_the_software(town: Any, firm: Any, browser: Browser) -> None:
    _, entry = await returned(town, firm)
    software = Software(firm, *await tied(town, entry))
    unread = await browser.get(f"{entry}/correction")
    assert "checked when it is validated again" in unread.words
    known = ReferenceRows(
        accounts=(Account(number="606400", label=""), Account(number="401000", label="")),
        subsidiaries=(Account(number="401DUR", label="Durand"),),
        journals=(ReferenceJournal(code="ACH", label="", type="purchases"),),
        fiscal_years=(FiscalYear(start="2026-01-01", end="2026-12-31"),),
    )
    await software.say(software.refreshed(0, 1, changes=ReferenceChanges(created=known)))
    form = await browser.get(f"{entry}/correction")
    assert "accounts, journal and fiscal year suit the software" in form.words, form.words
    address, fields = browser.filled(form, f"{entry}/correction", lines__0__account="606499")
    piece = (await browser.client.post(f"{address}/preflight", data=fields)).text
    assert "Account 606499 does not exist" in piece and "it would come back" in piece
    said = await browser.send(form, f"{entry}/correction", lines__0__account="606499")
    assert said.url.endswith("said=correction_asked"), "the software may have it by now: nobody is held back"


async def tied(town: Any, entry: str) -> tuple[str, str, str]:
    """The file of an entry's page, its connection and its software file."""
    file_id = entry.split("/")[2]
    (row,) = await town.rows("select connection_id, software_file_id from integration where file_id = $1", file_id)
    return file_id, row["connection_id"], row["software_file_id"]


async def asked(town: Any, file_id: str) -> int:
    """How many corrections of a file were noted; the platform is asked in the same transaction."""
    noted = "select 1 from audit where action = 'entry.corrected' and details ->> 'file_id' = $1"
    return len(await town.rows(noted, file_id))


def value(page: Answer, field: str) -> str:
    """What stands in a field."""
    found: str = page.tree.xpath(f"//input[@name='{field}']/@value")[0]
    return found


async def test_what_came_back_is_corrected_and_asked_for(town: Any, firm: Any, browser: Browser) -> None:
    file_id, entry = await returned(town, firm)
    page = await browser.get(entry)
    assert page.tree.xpath(f"//a[@href='{entry}/correction']")
    form = await browser.get(f"{entry}/correction")
    assert "“Journal ACH bloqué”" in form.words and "Unlock the journal." in form.words
    assert (value(form, "lines.0.account"), value(form, "date")) == ("606400", "2026-03-12")
    said = await browser.send(
        form, f"{entry}/correction", journal__code="AC2", lines__0__account=" 606300 ", lines__0__label="Encre"
    )
    assert said.url.endswith(f"{entry}?said=correction_asked") and "A new revision is asked for." in said.words
    event = await town.hear(EntryCorrectionRequested, lambda event: event.file_id == file_id)
    assert (event.revision, event.content.revision, event.requested_by) == (1, 1, "usr_ada")
    assert (event.content.journal.code, event.content.lines[0].account) == ("AC2", "606300")
    assert (event.content.lines[0].label, event.content.lines[0].debit) == ("Encre", "1200.00")
    assert event.content.lines[1] == validated(firm, file_id, "ent_1").lines[1]
    audit = await town.rows("select details from audit where action = 'entry.corrected' and firm_id = $1", firm.id)
    assert len(audit) == 1 and "Encre" not in str(audit)


async def test_a_form_sent_as_it_stands_is_verified_again_as_it_is(town: Any, firm: Any, browser: Browser) -> None:
    file_id, entry = await returned(town, firm)
    await browser.send(await browser.get(f"{entry}/correction"), f"{entry}/correction")
    assert (await town.hear(EntryCorrectionRequested, lambda event: event.file_id == file_id)).content is None


async def test_what_would_come_straight_back_is_not_asked_for_and_nothing_typed_is_lost(
    town: Any, firm: Any, browser: Browser
) -> None:
    file_id, entry = await returned(town, firm)
    form = await browser.get(f"{entry}/correction")
    long = "é" * 10_000
    page = await browser.send(form, f"{entry}/correction", date="2026-02-31", lines__0__account="", label=long)
    assert page.status == 422 and "Nothing was sent." in page.words and "This field cannot be empty." in page.words
    page = await browser.send(page, f"{entry}/correction", lines__0__account="606300")
    assert page.status == 422 and "There is no such date as 2026-02-31." in page.words
    assert page.tree.xpath("//input[@name='date']/@aria-invalid") == ["true"]
    assert (value(page, "lines.0.account"), value(page, "label")) == ("606300", long)
    assert await asked(town, file_id) == 0


async def test_preflight_is_told_while_typing_and_keeps_nothing(town: Any, firm: Any, browser: Browser) -> None:
    file_id, entry = await returned(town, firm)
    form = await browser.get(f"{entry}/correction")
    box = form.tree.get_element_by_id("preflight")
    assert (box.get("hx-post"), box.get("hx-include")) == (f"{entry}/correction/preflight", "#correction")
    _, typed = browser.filled(form, f"{entry}/correction", lines__0__label="a\x07b")
    bad = await browser.client.post(box.get("hx-post"), data=typed)
    assert bad.status_code == 200 and "U+0007" in bad.text and "<html" not in bad.text
    good = await browser.client.post(box.get("hx-post"), data=typed | {"lines.0.label": "Encre"})
    assert "Date, balance and lengths suit the software." in good.text
    french = await browser.client.post(box.get("hx-post"), data=typed, headers={"Accept-Language": "fr"})
    assert "caractère de contrôle" in french.text
    assert await asked(town, file_id) == 0


async def test_of_two_tabs_the_second_is_told_and_keeps_what_was_typed(town: Any, firm: Any, browser: Browser) -> None:
    file_id, entry = await returned(town, firm)
    tabs = [await browser.get(f"{entry}/correction") for _ in range(2)]
    await browser.send(tabs[0], f"{entry}/correction", label="First")
    second = await browser.send(tabs[1], f"{entry}/correction", label="Second <b>")
    assert second.status == 409 and "has corrected revision 1" in second.words
    assert "Label Second <b>" in second.words and not second.tree.xpath("//form[@id='correction']")
    await town.say(validated(firm, file_id, "ent_1").model_copy(update={"revision": 2, "label": "First"}))
    await town.eventually(lambda: town.rows("select 1 from entry_content where file_id = $1 and revision = 2", file_id))
    again = refused_entry(firm, file_id, "ent_1").model_copy(update={"revision": 2, "version": 2})
    await firm.tell(again)
    stale = await browser.send(tabs[1], f"{entry}/correction", label="Second <b>")
    assert stale.status == 409 and "is at revision 2" in stale.words and "Label Second <b>" in stale.words
    assert (value(stale, "label"), value(stale, "revision")) == ("First", "2")
    event = await town.hear(EntryCorrectionRequested, lambda event: event.file_id == file_id)
    assert (event.revision, event.content.label, await asked(town, file_id)) == (1, "First", 1)


async def test_a_double_click_asks_once(town: Any, firm: Any, browser: Browser) -> None:
    file_id, entry = await returned(town, firm)
    form = await browser.get(f"{entry}/correction")
    address, typed = browser.filled(form, f"{entry}/correction", label="Encre")
    answers = await asyncio.gather(*(browser.client.post(address, data=typed) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    await town.hear(EntryCorrectionRequested, lambda event: event.file_id == file_id)
    assert await asked(town, file_id) == 1


async def test_findings_of_pre_flight_mark_their_fields(town: Any, firm: Any, browser: Browser) -> None:
    file_id, entry = await returned(town, firm)
    await firm.tell(firm.status(file_id, "ent_1", version=2, status="to_verify", findings=[FINDING]))
    form = await browser.get(f"{entry}/correction")
    assert "Account 606400 is unknown." in form.words
    assert form.tree.xpath("//input[@aria-invalid='true']/@name") == ["lines.0.account"]
    _, typed = browser.filled(form, f"{entry}/correction", lines__0__label="Encre")
    still = await browser.client.post(f"{entry}/correction/preflight", data=typed)
    assert "Still as it came back." in still.text and "Account 606400 is unknown." in still.text
    moved = await browser.client.post(f"{entry}/correction/preflight", data=typed | {"lines.0.account": "606300"})
    assert "Still as it came back." not in moved.text


async def test_a_revision_that_no_form_names_is_refused(town: Any, firm: Any, browser: Browser) -> None:
    file_id, entry = await returned(town, firm)
    form = await browser.get(f"{entry}/correction")
    for revision in ("", "x", "0", "-1", "2000000001", "9" * 30, "9" * 10_000, "²"):
        for path in ("correction", "correction/preflight", "verification"):
            _, fields = browser.filled(form, f"{entry}/correction", revision=revision, label="Encre")
            answer = await browser.client.post(f"{entry}/{path}", data=fields)
            assert answer.status_code == 422, (path, revision[:12])
    assert await asked(town, file_id) == 0


async def test_an_entry_that_cannot_be_corrected_leads_to_its_page(town: Any, firm: Any, browser: Browser) -> None:
    file_id, entry = await returned(town, firm)
    form = await browser.get(f"{entry}/correction")
    await firm.tell(firm.status(file_id, "ent_1", version=2, status="synchronized", software_entry_id="88"))
    assert (await browser.get(f"{entry}/correction")).url.endswith(entry)
    late = await browser.send(form, f"{entry}/correction", label="Encre")
    assert late.status == 409 and "cannot be corrected now" in late.words and "Label Encre" in late.words
    await firm.tell(refused_entry(firm, file_id, "ent_2"))
    without_lines = f"/files/{file_id}/entries/ent_2"
    assert (await browser.get(f"{without_lines}/correction")).url.endswith(without_lines)
    assert not (await browser.get(without_lines)).tree.xpath("//a[contains(@href, '/correction')]")
    gone = await browser.get(f"/files/{file_id}/entries/ent_gone/correction")
    assert gone.status == 404 and "ent_gone" in gone.words


async def test_another_firms_entry_is_not_there(town: Any, firm: Any, other_firm: Any, browser: Browser) -> None:
    file_id, entry = await returned(town, other_firm)
    token = (await browser.get("/files")).tree.xpath("//input[@name='form_token']/@value")[0]
    assert (await browser.get(f"{entry}/correction")).status == 404
    for path in ("correction", "correction/preflight"):
        answer = await browser.client.post(f"{entry}/{path}", data={"form_token": token, "revision": "1"})
        assert answer.status_code == 404 and "Papier" not in answer.text
        unsigned = await browser.client.post(f"{entry}/{path}", data={"revision": "1"})
        assert unsigned.status_code == 403
    assert await asked(town, file_id) == 0
    mine, own = await returned(town, firm)
    nonsense = await browser.client.post(f"{own}/correction", data={"form_token": token, "revision": "x"})
    assert nonsense.status_code == 422 and await asked(town, mine) == 0
