"""The pages as a person without scripts meets them: sign-in, wizard, activation, entries, and what is kept out."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from services.hub.tests.browser import Answer, Browser
from services.hub.tests.test_files import CARDLY

import hub.entrypoints.pages
from qontable.clock import now
from qontable.events.connector import ConnectionHealthChanged
from qontable.events.delivery import EntryAttempted, SoftwareMessage
from qontable.events.hub import ConnectionChanged, EntryCorrectionRequested, SoftwareFile, SyncRequested
from qontable.events.platform import EntryValidated

FILES = (
    SoftwareFile(software_file_id="sw1", name="Dupont SARL", code="DUP", siren="732829320"),
    SoftwareFile(software_file_id="sw2", name="Martin SAS", code="MAR", siren="999000219"),
)


async def signed_in(firm: Any, town: Any, token: str | None = None) -> Browser:
    """A browser with a session of the firm's administrator, or of whoever's token it is."""
    browser = Browser(town.world.http_url("hub"))
    page = await browser.get("/sign-in")
    given = token or firm.admin.headers["Authorization"].removeprefix("Bearer ")
    landed = await browser.send(page, "/sign-in", token=given)
    assert landed.url.endswith("/files"), landed.words
    return browser


@pytest_asyncio.fixture(loop_scope="session")
async def browser(firm: Any, town: Any) -> AsyncIterator[Browser]:
    """The administrator's browser."""
    made = await signed_in(firm, town)
    yield made
    await made.client.aclose()


async def connected(browser: Browser, town: Any, *files: SoftwareFile) -> str:
    """Through the wizard's first two steps, with a wrong key first; the connection's id."""
    article = await browser.get("/integrations/ledgerly")
    assert "/integrations/ledgerly/start" in article.text
    keys = await browser.get("/integrations/ledgerly/start")
    trying = await browser.send(
        keys, "/integrations/ledgerly/start", field__api_key=f" {town.canary}-wrong\n", field__server="books.example"
    )
    root, _, check_id = trying.url.partition("/checks/")
    connection_id = root.rsplit("/", 1)[1]
    assert "Asking Ledgerly" in trying.words
    await town.answer_check(check_id, "refused")
    refused = await browser.get(f"/connections/{connection_id}/checks/{check_id}", part="result")
    assert "Ledgerly refuses these keys" in refused.words
    assert "Jeton inconnu" in refused.words

    left = await browser.get(f"/connections/{connection_id}")
    assert left.url.endswith(f"/checks/{check_id}")
    again = await browser.get(f"/connections/{connection_id}/credentials")
    trying = await browser.send(
        again,
        f"/connections/{connection_id}/credentials",
        field__api_key=f"{town.canary}-right",
        field__server="books.example",
    )
    check_id = trying.url.rsplit("/", 1)[1]
    await town.answer_check(check_id, "accepted", *files)
    accepted = await browser.get(f"/connections/{connection_id}/checks/{check_id}", part="result")
    assert f"{len(files)} files found in Ledgerly" in accepted.words
    resumed = await browser.get(f"/connections/{connection_id}")
    assert resumed.url.endswith("/options")
    mapping = await browser.send(resumed, f"/connections/{connection_id}/options", frequency="real_time")
    assert mapping.url.endswith("/mapping"), mapping.words
    return connection_id


def fields(answer: Answer, prefix: str) -> dict[str, str]:
    """The values typed or proposed in the fields whose names begin so."""
    return {
        field.get("name").removeprefix(prefix): field.get("value")
        for field in answer.tree.xpath(f"//input[starts-with(@name, '{prefix}')]")
    }


async def test_from_a_wrong_key_to_synchronize(town: Any, firm: Any, browser: Browser) -> None:
    dupont = await firm.add_file("Dupont", siren="732829320", code="DUP")
    other = await firm.add_file("Boulangerie Petit", siren="999000201")
    await firm.tell(firm.status(dupont, "ent_1", summary={"date": "2025-11-30", "label": "Loyer"}))
    await firm.tell(firm.status(dupont, "ent_2", summary={"date": "2026-02-03", "label": "Papier"}))
    connection_id = await connected(browser, town, *FILES)
    root = f"/connections/{connection_id}"

    mapping = await browser.get(f"{root}/mapping")
    proposed = fields(mapping, "file.")
    assert proposed == {dupont: "DUP · Dupont SARL · 732829320", other: ""}
    assert "same SIREN, same code" in mapping.words
    twice = {f"file__{dupont}": "DUP · Dupont SARL · 732829320", f"file__{other}": "sw2"}
    mismatch = await browser.send(mapping, f"{root}/mapping", **twice)
    assert mismatch.status == 409 and "Nothing was kept." in mismatch.words
    assert (await firm.admin.get(f"/files/{dupont}")).json()["state"] == "to_map"
    status = await browser.send(mismatch, f"{root}/mapping", **{f"confirmed__{other}": "yes"})
    assert status.url.endswith(f"{root}?said=mapped"), status.words
    assert ["Boulangerie Petit", "Martin SAS MAR"] in [row[1:3] for row in status.rows()]

    activation = await browser.get(f"{root}/activation", file=dupont)
    assert activation.rows() == [["2025", "1"], ["2026", "1"]]
    await browser.send(activation, f"{root}/activation", before="from", send_from="2026-01-01")
    file = (await firm.admin.get(f"/files/{dupont}")).json()
    assert (file["active"], file["send_from"], file["before_send_from"]) == (True, "2026-01-01", "wait")

    accounting = await browser.get(f"/files/{dupont}")
    assert [row[1] for row in accounting.rows()] == ["Papier", "Loyer"]
    said = await browser.send(accounting, f"/files/{dupont}/synchronization")
    assert "Synchronization asked for" in said.words
    await town.hear(SyncRequested, lambda event: event.file_id == dupont)
    assert town.canary not in "".join(page.text for page in (mapping, status, activation, accounting, said))


async def test_where_the_software_tells_no_files_their_codes_are_typed(town: Any, firm: Any, browser: Browser) -> None:
    await town.introduce(CARDLY)
    connection_id = await firm.connect(connector=CARDLY.connector, fields={"card": "4711"})
    file_id = await firm.add_file("Dupont")
    page = await browser.get(f"/connections/{connection_id}/mapping")
    assert "Cardly does not list its files: type the code of each." in page.words
    wrong = await browser.send(page, f"/connections/{connection_id}/mapping", **{f"file__{file_id}": "DOS 42 !"})
    assert wrong.status == 404 and "Nothing was kept." in wrong.words
    status = await browser.send(wrong, f"/connections/{connection_id}/mapping", **{f"file__{file_id}": " DOS0042 "})
    assert status.rows()[0][1:3] == ["Dupont", "DOS0042"]


async def test_a_form_sent_twice_makes_one_connection(town: Any, firm: Any, browser: Browser) -> None:
    keys = await browser.get("/integrations/ledgerly/start")
    address, typed = browser.filled(
        keys, "/integrations/ledgerly/start", field__api_key=f"{town.canary}-twice", field__server="books.example"
    )
    for _ in range(2):
        await browser.client.post(address, data=typed)
    assert len((await firm.admin.get("/connections")).json()["connections"]) == 1


async def test_what_is_wrong_with_a_key_stands_at_its_field_and_the_key_nowhere(town: Any, browser: Browser) -> None:
    keys = await browser.get("/integrations/ledgerly/start")
    for key, word in (("", "required"), (f"{town.canary}  in  the  middle", "form"), (town.canary * 1_000, "longer")):
        page = await browser.send(
            keys, "/integrations/ledgerly/start", field__api_key=key, field__server="books.example"
        )
        fault = page.tree.xpath("//input[@name='field.api_key'][@aria-invalid='true']/following-sibling::p[1]")
        assert page.status == 422 and word in fault[0].text_content(), page.words
        assert fields(page, "field.")["server"] == "books.example"
        assert town.canary not in page.text


async def test_every_form_carries_a_token_and_is_refused_without_it(town: Any, firm: Any, browser: Browser) -> None:
    file_id, connection_id = await firm.active_file("sw9")
    await firm.tell(refused_entry(firm, file_id, "ent_1"))
    pages = [
        "/sign-in", "/files", "/integrations", f"/files/{file_id}", f"/files/{file_id}/entries/ent_1",
        f"/files/{file_id}/mapping", f"/connections/{connection_id}", f"/connections/{connection_id}/credentials",
        f"/connections/{connection_id}/options", f"/connections/{connection_id}/mapping",
        f"/connections/{connection_id}/disable", f"/connections/{connection_id}/activation?file={file_id}",
        "/integrations/ledgerly/start",
    ]  # fmt: skip
    actions = set()
    for path in pages:
        page = await browser.get(path)
        assert page.status == 200, page.words
        for form in page.tree.xpath("//form[@method='post']"):
            assert form.xpath(".//input[@name='form_token']/@value"), (path, form.get("action"))
            actions.add(form.get("action"))
    assert len(actions) > 12
    before = await town.rows("select count(*) as acts from audit where firm_id = $1", firm.id)
    for action in sorted(actions):
        for token in ({}, {"form_token": "0" * 64}):
            answer = await browser.client.post(action, data={"to": "disabled", **token})
            assert answer.status_code == 403, action
            assert "form_expired" in answer.text
    assert await town.rows("select count(*) as acts from audit where firm_id = $1", firm.id) == before


async def test_another_firms_objects_are_not_there(town: Any, firm: Any, other_firm: Any, browser: Browser) -> None:
    file_id, connection_id = await other_firm.active_file("sw8")
    await other_firm.tell(refused_entry(other_firm, file_id, "ent_1"))
    mine = await browser.get("/files")
    token = mine.tree.xpath("//input[@name='form_token']/@value")[0]
    for path in (
        f"/files/{file_id}", f"/files/{file_id}/entries/ent_1", f"/files/{file_id}/mapping",
        f"/connections/{connection_id}", f"/connections/{connection_id}/credentials",
        f"/connections/{connection_id}/options", f"/connections/{connection_id}/mapping",
        f"/connections/{connection_id}/disable", f"/connections/{connection_id}/activation",
        f"/connections/{connection_id}/checks/chk_1",
    ):  # fmt: skip
        page = await browser.get(path)
        assert page.status == 404 and "Dupont" not in page.text, path
    for path, body in (
        (f"/files/{file_id}/synchronization", {}),
        (f"/files/{file_id}/verification", {"cause": "refused"}),
        (f"/files/{file_id}/deactivation", {}),
        (f"/files/{file_id}/refresh", {}),
        (f"/files/{file_id}/mapping", {"do": "disconnect"}),
        (f"/files/{file_id}/entries/ent_1/verification", {"revision": "1"}),
        (f"/files/{file_id}/entries/ent_1/resolution", {"delivery_id": "dlv_1", "answer": "drop"}),
        (f"/files/{file_id}/entries/ent_1/duplicate-answer", {}),
        (f"/files/{file_id}/entries/ent_1/creation-answer", {"revision": "1"}),
        (f"/files/{file_id}/entries/ent_1/document-resending", {}),
        ("/files/synchronization", {"file": file_id}),
        (f"/connections/{connection_id}/switch", {"to": "disabled"}),
        (f"/connections/{connection_id}/list", {}),
        (f"/connections/{connection_id}/resumption", {}),
        (f"/connections/{connection_id}/options", {"frequency": "manual"}),
        (f"/connections/{connection_id}/activation", {"file": file_id, "before": "wait"}),
        (f"/connections/{connection_id}/credentials", {"field.api_key": "right-key-1", "field.server": "a.example"}),
        (f"/connections/{connection_id}/checks/chk_1/confirmation", {}),
    ):
        answer = await browser.client.post(path, data={"form_token": token, **body})
        assert answer.status_code == 404, (path, answer.text)
    assert (await other_firm.admin.get(f"/connections/{connection_id}")).json()["state"] == "enabled"


async def test_collaborators_look_and_send_but_do_not_connect(town: Any, firm: Any) -> None:
    file_id, connection_id = await firm.active_file("sw7")
    zoe = await signed_in(firm, town, await firm.token("usr_zoe", "collaborator"))
    assert "Only an administrator" in (await zoe.get("/integrations/ledgerly")).words
    for path in ("/integrations/ledgerly/start", f"/connections/{connection_id}/disable"):
        assert (await zoe.get(path)).status == 403
    page = await zoe.get(f"/files/{file_id}")
    assert "Synchronization asked for" in (await zoe.send(page, f"/files/{file_id}/synchronization")).words
    await zoe.client.aclose()


async def test_one_cause_is_one_notice_with_one_gesture(town: Any, firm: Any, browser: Browser) -> None:
    file_id, _ = await firm.active_file("sw6")
    await firm.tell(*(refused_entry(firm, file_id, f"ent_{number}") for number in range(3)))
    page = await browser.get(f"/files/{file_id}")
    assert "3 entries came back for the same reason" in page.words
    assert "Journal ACH bloqué" in page.words and "Unlock the journal." in page.words
    for _ in range(2):
        await browser.send(page, f"/files/{file_id}/verification")
    last = await town.hear(EntryCorrectionRequested, lambda event: event.file_id == file_id, times=3)
    assert last.content is None
    asked = await town.rows("select subject from audit where action = 'entry.corrected' and firm_id = $1", firm.id)
    assert sorted(row["subject"] for row in asked) == ["ent_0", "ent_1", "ent_2"]
    tooltip = (await browser.get(f"/files/{file_id}", journal="ACH")).rows()
    assert all("New revision asked for" in row[-1] for row in tooltip)


async def test_an_entrys_page_shows_its_lines_and_its_life(town: Any, firm: Any, browser: Browser) -> None:
    file_id, _ = await firm.active_file("sw5")
    await town.say(validated(firm, file_id, "ent_1"))
    await firm.tell(refused_entry(firm, file_id, "ent_1"))
    await town.say(
        EntryAttempted(
            delivery_id="dlv_1", firm_id=firm.id, file_id=file_id, entry_id="ent_1", revision=1, attempt=1,
            operation="send", outcome="rejected", http_status=422, request_id="req-77", started_at=now(),
            finished_at=now(), message=SoftwareMessage(category="journal_closed", code="J2", text="Journal fermé"),
        )
    )  # fmt: skip
    await town.eventually(lambda: town.rows("select 1 from entry_attempt where file_id = $1", file_id))
    await town.eventually(lambda: town.rows("select 1 from entry_content where file_id = $1", file_id))
    page = await browser.get(f"/files/{file_id}/entries/ent_1")
    assert page.rows()[0] == ["606400 Fournitures", "", "Papier <b>A4</b>", "1,200.00", ""]
    assert "€1,200.00" in page.words and "Synchronization Failed" in page.words and "req-77" in page.words
    french = await browser.send(page, "/language", language="fr")
    assert french.url == page.url
    assert "1\u202f200,00\u00a0€" in french.text and "Échec de la synchronisation" in french.words
    assert french.tree.get("lang") == "fr"
    asked = await browser.send(french, f"/files/{file_id}/entries/ent_1/verification")
    assert "Une nouvelle révision est demandée." in asked.words


async def test_filters_and_pages_are_in_the_address(firm: Any, browser: Browser) -> None:
    file_id, _ = await firm.active_file("sw4")
    said = [
        firm.status(file_id, f"ent_{n:03}", summary={"date": f"2026-01-{n % 28 + 1:02}", "amount": f"{n}.50"})
        for n in range(60)
    ]
    await firm.tell(*said)
    first = await browser.get(f"/files/{file_id}", tab="ready")
    following = first.tree.xpath("//p[@class='pager']/a/@href")[0]
    second = await browser.get(following)
    shown = [row[1] for page in (first, second) for row in page.rows()]
    assert len(shown) == len(set(shown)) == 60
    some = await browser.get(f"/files/{file_id}", tab="ready", amount_from="57,50", journal="")
    assert len(some.rows()) == 3
    assert "cannot be read" in (await browser.get(f"/files/{file_id}", tab="ready", date_from="yesterday")).words
    assert (await browser.get(f"/files/{file_id}", tab="ready", cursor="x")).status == 422


async def test_health_is_told_in_plain_words_and_disabling_in_figures(town: Any, firm: Any, browser: Browser) -> None:
    file_id, connection_id = await firm.active_file("sw3")
    root = f"/connections/{connection_id}"
    await firm.tell(firm.status(file_id, "ent_1"), firm.status(file_id, "ent_2", status="sending"))
    message = SoftwareMessage(category="credentials_refused", text="Clé révoquée", remedy={"en": "Make a new key."})
    await town.say(
        ConnectionHealthChanged(
            firm_id=firm.id, connection_id=connection_id, connector="ledgerly", version=1,
            health="credentials_refused", since=now(), message=message,
        )
    )  # fmt: skip
    page = await town.eventually(lambda: browser.get(root), lambda page: "Credentials refused" in page.words)
    assert "« Clé révoquée »" in page.words and "Make a new key." in page.words
    disable = await browser.get(f"{root}/disable")
    assert "1 entry that is ready stays here." in disable.words and "1 entry is being sent." in disable.words
    for _ in range(2):
        off = await browser.send(disable, f"{root}/switch", to="disabled")
    assert "Nothing leaves and nothing is read." in off.words
    on = await browser.send(off, f"{root}/switch", to="enabled")
    assert "Integration disabled" not in on.words
    said = await town.hear(ConnectionChanged, lambda event: event.connection_id == connection_id, times=3)
    assert (said.enabled, said.version) == (True, 3)


async def test_without_a_session_one_signs_in_first_and_comes_back(town: Any, firm: Any) -> None:
    browser = Browser(town.world.http_url("hub"))
    page = await browser.get("/integrations/ledgerly?x=1")
    assert "/sign-in" in page.url
    wrong = await browser.send(page, "/sign-in", token="qth_nobody")
    assert wrong.status == 401 and "form" in wrong.text
    token = firm.admin.headers["Authorization"].removeprefix("Bearer ")
    back = await browser.send(wrong, "/sign-in", token=token)
    assert back.url.endswith("/integrations/ledgerly?x=1")
    cookie = next(item for item in browser.client.cookies.jar if item.name == "qontable_session")
    assert token not in cookie.value and cookie.has_nonstandard_attr("HttpOnly")
    assert "default-src 'none'" in back.headers["content-security-policy"]
    session = cookie.value
    left = await browser.send(back, "/sign-out")
    assert left.url.endswith("/sign-in")
    browser.client.cookies.set("qontable_session", session)
    assert "/sign-in" in (await browser.get("/files")).url
    await browser.client.aclose()


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_the_sign_in_leads_nowhere_else(town: Any, firm: Any, path: str) -> None:
    browser = Browser(town.world.http_url("hub"))
    page = await browser.get("/sign-in", back=path)
    token = firm.admin.headers["Authorization"].removeprefix("Bearer ")
    landed = await browser.send(page, "/sign-in", token=token)
    assert landed.url == f"{town.world.http_url('hub')}/files"
    await browser.client.aclose()


async def test_pages_that_are_not_there_say_so_in_the_readers_language(browser: Browser) -> None:
    page = await browser.get("/nowhere")
    assert page.status == 404 and "There is no page at this address." in page.words
    gone = await browser.get("/files/fil_gone")
    assert gone.status == 404 and "fil_gone" in gone.words
    assert (await browser.client.get("/v1/nowhere")).headers["content-type"] == "application/problem+json"
    assert (await browser.client.get("/assets/hub.css")).headers["content-type"].startswith("text/css")


def test_no_page_names_a_vendor() -> None:
    texts = [
        path.read_text(encoding="utf-8").lower()
        for path in Path(hub.entrypoints.pages.__file__).parent.rglob("*.*")
        if path.suffix in {".py", ".html", ".toml", ".js", ".css"}
    ]
    connectors = Path("services/gateways/src/gateways/connectors")
    names = [path.name.replace("_", "") for path in connectors.iterdir() if (path / "sheet.toml").exists()]
    assert names
    assert [name for name in names for text in texts if name in text.replace(" ", "")] == []


def refused_entry(firm: Any, file_id: str, entry_id: str) -> Any:
    """An entry that the software returned."""
    message = {"category": "journal_closed", "text": "Journal ACH bloqué", "remedy": {"en": "Unlock the journal."}}
    summary = {"date": "2026-03-12", "label": "Papier", "journal": "ACH", "amount": "1200.00", "currency": "EUR"}
    return firm.status(
        file_id, entry_id, status="to_verify", message=message, summary=summary, delivery_id="dlv_1",
        delivery_state="rejected",
    )  # fmt: skip


def validated(firm: Any, file_id: str, entry_id: str) -> EntryValidated:
    """What the platform said of it; a label as somebody may have typed it."""
    lines = [
        {"account": "606400", "account_label": "Fournitures", "label": "Papier <b>A4</b>"}
        | {"debit": "1200.00", "credit": "0.00"},
        {"account": "401000", "label": "Durand", "debit": "0.00", "credit": "1200.00"},
    ]
    return EntryValidated.model_validate(
        {
            "firm_id": firm.id, "file_id": file_id, "entry_id": entry_id, "revision": 1, "kind": "purchase",
            "journal": {"code": "ACH"}, "date": "2026-03-12", "label": "Papier", "lines": lines,
            "validated_by": "usr_ada", "validated_at": now(),
        }
    )  # fmt: skip


async def test_an_entry_without_a_line_holds_up_nobody(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("Dupont")
    await town.say(validated(firm, file_id, "ent_1").model_copy(update={"lines": ()}))
    await town.eventually(lambda: town.rows("select 1 from entry_content where file_id = $1", file_id))
