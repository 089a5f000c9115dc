"""The pages as a person without scripts meets them: causes, an entry's life, filters, health, and what is not there."""

from pathlib import Path
from typing import Any

from services.hub.tests.browser import Browser
from services.hub.tests.said import refused_entry, validated

import hub.entrypoints.pages
from qontable.clock import now
from qontable.events.connector import ConnectionHealthChanged
from qontable.events.delivery import EntryAttempted, SoftwareMessage
from qontable.events.hub import (
    ConnectionChanged,
    EntryCorrectionRequested,
)


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
    assert "“Clé révoquée”" in page.words and "Make a new key." in page.words
    disable = await browser.get(f"{root}/disable")
    assert "1 entry that is ready stays here." in disable.words and "1 entry is being sent." in disable.words
    for _ in range(2):
        off = await browser.send(disable, f"{root}/switch", to="disabled")
    assert "Nothing leaves and nothing is read." in off.words
    on = await browser.send(off, f"{root}/switch", to="enabled")
    assert "Integration disabled" not in on.words
    said = await town.hear(ConnectionChanged, lambda event: event.connection_id == connection_id, times=3)
    assert (said.enabled, said.version) == (True, 3)


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


async def test_an_entry_without_a_line_holds_up_nobody(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("Dupont")
    await town.say(validated(firm, file_id, "ent_1").model_copy(update={"lines": ()}))
    await town.eventually(lambda: town.rows("select 1 from entry_content where file_id = $1", file_id))
