"""Whose words a page shows: the software's are quoted, ours are said in the reader's language."""

from typing import Any

from services.hub.tests.browser import Browser
from services.hub.tests.said import refused_entry, summary

from qontable.clock import now
from qontable.events.delivery import EntryAttempted, SoftwareMessage

OURS = SoftwareMessage.of_ours(
    "export_stopped",
    {"fr": "Le fichier d'import n'a pas été écrit.", "en": "The import file was not written."},
    {"fr": "Demandez l'export une nouvelle fois.", "en": "Ask for the export once more."},
)


async def in_french(browser: Browser, path: str) -> Any:
    """A page in French."""
    return await browser.send(await browser.get(path), "/language", language="fr")


async def test_our_own_sentences_are_in_the_readers_language_and_quoted_as_nobodys(
    town: Any, firm: Any, browser: Browser
) -> None:
    file_id = await firm.add_file("a")
    details = {"status": "to_verify", "message": OURS.model_dump(), "summary": summary("2026-03-12", "1.00")}
    await firm.tell(*(firm.status(file_id, f"ent_{number}", **details) for number in range(2)))
    entry = f"/files/{file_id}/entries/ent_0"
    await town.say(
        EntryAttempted(
            delivery_id="dlv_1", firm_id=firm.id, file_id=file_id, entry_id="ent_0", revision=1, attempt=1,
            operation="send", outcome="not_sent", started_at=now(), finished_at=now(), message=OURS,
        )
    )  # fmt: skip
    await town.eventually(lambda: town.rows("select 1 from entry_attempt where file_id = $1", file_id))
    for path, times in ((f"/files/{file_id}", 4), (entry, 3)):
        page = await in_french(browser, path)
        assert page.words.count("Le fichier d'import n'a pas été écrit.") == times, page.words
        for never in ("Message de", "Message du", "The import file", "« Le fichier"):
            assert never not in page.words, (path, never)
        assert "Demandez l'export une nouvelle fois." in page.words


async def test_the_softwares_words_stay_its_own_also_where_no_software_is_tied_any_more(
    firm: Any, browser: Browser
) -> None:
    file_id = await firm.add_file("a")
    await firm.tell(refused_entry(firm, file_id, "ent_1"))
    page = await in_french(browser, f"/files/{file_id}/entries/ent_1")
    assert "Message du logiciel : « Journal ACH bloqué »" in page.words
