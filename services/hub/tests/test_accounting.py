"""A client file's accounting page: filters in its address, failures with words and remedy, Synchronize's progress."""

from typing import Any

from services.hub.tests.browser import Answer, Browser
from services.hub.tests.said import refused_entry, validated

from qontable.events.delivery import EntryStatusChanged
from qontable.events.hub import SoftwareFile
from qontable.events.platform import EntryValidated


def said(firm: Any, file_id: str, entry_id: str, **details: Any) -> EntryStatusChanged:
    """A status with what is listed; names of the summary's fields lie in it."""
    listed = {"date", "label", "journal", "kind", "amount", "document_number", "invoice_number", "third_party"}
    summary = {"date": "2026-03-12", "currency": "EUR"} | {key: details.pop(key) for key in listed & details.keys()}
    status: EntryStatusChanged = firm.status(file_id, entry_id, summary=summary, **details)
    return status


def on_account(firm: Any, file_id: str, entry_id: str, account: str, code: str, revision: int = 1) -> EntryValidated:
    """What the platform said of an entry: an expense, and a third party."""
    made = validated(firm, file_id, entry_id).model_dump(mode="json")
    made["lines"][0]["account"] = account
    made["lines"][1]["subsidiary"] = {"code": code, "label": "Durand", "kind": "supplier"}
    return EntryValidated.model_validate(made | {"revision": revision})


def shown(page: Answer) -> list[str]:
    """The entries of the list, in its order."""
    return [row.removeprefix("row-") for row in page.tree.xpath("//tbody/tr/@id")]


async def test_every_filter_stands_in_the_address_and_in_its_field(town: Any, firm: Any, browser: Browser) -> None:
    file_id, _ = await firm.active_file("acc1")
    contents = [
        on_account(firm, file_id, "paper", "606400", "401DUR"),
        on_account(firm, file_id, "rent", "613200", "401DUB"),
        on_account(firm, file_id, "moved", "606400", "401DUR"),
        on_account(firm, file_id, "moved", "622600", "401DUR", revision=2),
    ]
    await town.say(*contents)
    await firm.tell(
        said(firm, file_id, "paper", label="Papier", journal="ACH", kind="purchase", amount="120.00",
             third_party="Papeterie Durand", invoice_number="F-77", status="ready", waiting_for=["documents"]),
        said(firm, file_id, "rent", label="Loyer", journal="OD", kind="miscellaneous", amount="900.00",
             third_party="SCI Dubois", document_number="P-12", status="sending", date="2026-04-01"),
        said(firm, file_id, "moved", revision=2, status="sending", delivery_state="parked", date="2026-05-01"),
    )  # fmt: skip
    await town.eventually(
        lambda: town.rows("select 1 from entry_account where file_id = $1", file_id), lambda rows: len(rows) == 12
    )
    cases = [
        ({"account": "6064"}, ["paper"]),
        ({"account": "401du"}, []),
        ({"account": "401D"}, ["moved", "rent", "paper"]),
        ({"account": "622600"}, ["moved"]),
        ({"account": "%"}, []),
        ({"third_party": "durand"}, ["paper"]),
        ({"invoice_number": "f-7"}, ["paper"]),
        ({"invoice_number": "P-12"}, ["rent"]),
        ({"journal": "OD"}, ["rent"]),
        ({"kind": "purchase"}, ["paper"]),
        ({"date_from": "2026-04-01", "date_to": "2026-04-30"}, ["rent"]),
        ({"amount_from": "100,00", "amount_to": "1 000"}, ["rent", "paper"]),
        ({"state": "sending"}, ["moved", "rent"]),
        ({"state": "parked"}, ["moved"]),
        ({"state": "exported"}, ["moved", "rent", "paper"]),
        ({"waiting_for": "documents"}, ["paper"]),
        ({"account": "401", "third_party": "dubois", "state": "sending"}, ["rent"]),
    ]
    for query, expected in cases:
        page = await browser.get(f"/files/{file_id}", tab="ready", **query)
        assert shown(page) == expected, query
        (form,) = page.tree.xpath("//form[@role='search']")
        kept = {name: value for name, value in form.form_values() if value}
        assert kept == {"tab": "ready"} | ({} if query == {"state": "exported"} else query), query
    folded = (await browser.get(f"/files/{file_id}", tab="ready")).tree.xpath("//form[@role='search']/details")[0]
    assert folded.get("open") is None
    api = await firm.admin.get(f"/files/{file_id}/entries", params={"account": "6132", "third_party": "sci"})
    assert [entry["entry_id"] for entry in api.json()["entries"]] == ["rent"]


async def test_what_is_synchronized_is_told_apart(firm: Any, browser: Browser) -> None:
    file_id = await firm.add_file("a")
    await firm.tell(
        said(firm, file_id, "booked", status="synchronized"),
        said(firm, file_id, "written", status="synchronized", detail="exported"),
        said(firm, file_id, "old", status="synchronized", detail="already_in_books"),
        said(firm, file_id, "bare", status="synchronized", documents="missing"),
        said(firm, file_id, "changed", status="synchronized", open_difference=True),
    )
    for state, entry_id, word in (
        ("exported", "written", "Synchronized (exported)"),
        ("already_in_books", "old", "Already in the books"),
        ("document_missing", "bare", "document missing"),
        ("open_difference", "changed", "open difference"),
    ):
        page = await browser.get(f"/files/{file_id}", tab="synchronized", state=state)
        assert shown(page) == [entry_id]
        assert word in page.rows()[0][-1]


async def test_a_cause_is_chosen_by_its_own_words(firm: Any, browser: Browser) -> None:
    file_id, _ = await firm.active_file("acc2")
    finding = {"code": "account_unknown", "where": "lines.0.account", "message": {"en": "No account 6064."}}
    await firm.tell(
        *(refused_entry(firm, file_id, f"ent_{number}") for number in range(2)),
        said(firm, file_id, "odd", status="to_verify", findings=[finding]),
    )
    page = await browser.get(f"/files/{file_id}")
    options = {option.get("value"): option.text for option in page.tree.xpath("//select[@name='cause']/option")}
    assert options == {"": "All", "journal_closed": "Journal ACH bloqué (2)", "account_unknown": "No account 6064. (1)"}
    assert shown(await browser.get(f"/files/{file_id}", tab="to_verify", cause="account_unknown")) == ["odd"]
    gone = await browser.get(f"/files/{file_id}", tab="to_verify", cause="seen_before")
    assert (shown(gone), gone.tree.xpath("//select[@name='cause']/option[@selected]/@value")) == ([], ["seen_before"])


async def test_a_failure_says_the_softwares_words_and_the_remedy_where_it_stands(firm: Any, browser: Browser) -> None:
    file_id, _ = await firm.active_file("acc3")
    await firm.tell(refused_entry(firm, file_id, "ent_1"))
    page = await browser.get(f"/files/{file_id}")
    (hint,) = page.tree.xpath("//tbody//*[contains(@class, 'hint')]")
    (words,) = page.tree.xpath("//*[@role='tooltip']")
    assert (hint.get("tabindex"), hint.get("aria-describedby")) == ("0", words.get("id"))
    assert "Synchronization Failed" in hint.text_content()
    assert " ".join(words.text_content().split()) == "“Journal ACH bloqué” Unlock the journal."


async def test_synchronize_shows_how_far_it_has_come(firm: Any, browser: Browser) -> None:
    file_id, _ = await firm.active_file("acc4")
    waits: list[dict[str, Any]] = [{"waiting_for": ["evening"]}, {}, {"waiting_for": ["documents"]}]
    await firm.tell(*(said(firm, file_id, f"ent_{number}", **wait) for number, wait in enumerate(waits)))
    pressed = await browser.send(await browser.get(f"/files/{file_id}"), f"/files/{file_id}/synchronization")
    assert "0 of 2 entries dealt with" in pressed.words
    await firm.tell(
        said(firm, file_id, "ent_0", version=2, status="synchronized"),
        said(firm, file_id, "ent_1", version=2, status="sending"),
    )
    assert "1 of 2 entries dealt with" in (await browser.get(pressed.url)).words
    await firm.tell(refused_entry(firm, file_id, "ent_1").model_copy(update={"version": 3}))
    assert "All 2 entries are dealt with." in (await browser.get(pressed.url)).words


async def test_several_files_are_synchronized_together_with_one_progress(firm: Any, browser: Browser) -> None:
    first, connection_id = await firm.active_file("acc5")
    second = await firm.add_file("b")
    await firm.map(second, connection_id, (await _other_file(firm, connection_id)))
    body = {"send_from": "2026-01-01", "before_send_from": "wait"}
    await firm.admin.put(f"/files/{second}/activation", json=body)
    await firm.tell(said(firm, first, "ent_1"), said(firm, first, "ent_2"))
    await firm.tell(said(firm, second, "ent_1"))
    pressed = await browser.send(await browser.get("/files"), "/files/synchronization", file=[first, second])
    assert "0 of 3 entries dealt with" in pressed.words
    await firm.tell(said(firm, second, "ent_1", version=2, status="synchronized"))
    assert "1 of 3 entries dealt with" in (await browser.get(pressed.url)).words
    for odd in ("0", "-1", "9" * 9, "many"):
        assert "dealt with" not in (await browser.get("/files", asked=odd, of=first)).words


async def _other_file(firm: Any, connection_id: str) -> str:
    """One more file of the connection's software."""
    check = await firm.admin.post(f"/connections/{connection_id}/checks", json={})
    files = [SoftwareFile(software_file_id=name, name=name) for name in ("acc5", "acc6")]
    await firm.town.answer_check(check.json()["check_id"], "accepted", *files)
    path = f"/connections/{connection_id}/software-files"
    await firm.town.eventually(lambda: firm.admin.get(path), lambda answer: len(answer.json()["software_files"]) == 2)
    return "acc6"
