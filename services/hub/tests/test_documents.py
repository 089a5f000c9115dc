"""Documents as people look at them: their own firm's, as they were kept, under a policy by which they do nothing."""

import hashlib
from typing import Any

import httpx
import pytest
from services.hub.tests.browser import Browser
from services.hub.tests.said import validated

from qontable.clock import now
from qontable.events.platform import WireDocument
from qontable.storage import document_key, open_storage

PDF, PNG, JPEG = b"%PDF-1.7\nfacture", b"\x89PNG\r\n\x1a\nreceipt", b"\xff\xd8\xff\xe0receipt"
PAGE = b"<!doctype html><script>fetch('/files')</script>"


async def entry_with(firm: Any, software_file_id: str, *contents: bytes, media_type: str, keep: bool = True) -> str:
    """An entry in the books whose documents hold these bytes; its address."""
    file_id, _ = await firm.active_file(software_file_id)
    documents = [
        WireDocument.model_validate(
            {
                "document_id": f"doc_{number}", "file_name": 'Facture n° 7 "à vérifier"\r\nX: y.pdf',
                "media_type": media_type, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(),
                "url": "https://platform.example/1", "url_expires_at": now(),
            }
        )
        for number, content in enumerate(contents)
    ]  # fmt: skip
    storage = open_storage(firm.town.world.storage_url)
    for document, content in zip(documents, contents, strict=True):
        if keep:
            await storage.put(document_key(firm.id, document.sha256), content)
    said = validated(firm, file_id, "ent_1").model_copy(update={"documents": tuple(documents)})
    await firm.town.say(said)
    await firm.town.eventually(lambda: firm.town.rows("select 1 from entry_content where file_id = $1", file_id))
    await firm.tell(firm.status(file_id, "ent_1", status="synchronized", documents="sent"))
    return f"/files/{file_id}/entries/ent_1"


async def fetched(browser: Browser, path: str) -> httpx.Response:
    """What the browser gets, without following anything."""
    return await browser.client.get(path, follow_redirects=False)


@pytest.mark.parametrize(
    ("content", "shown_as"), [(PDF, "application/pdf"), (PNG, "image/png"), (JPEG, "image/jpeg"), (PAGE, None)]
)
async def test_only_what_a_browser_shows_without_running_it_is_shown(
    firm: Any, browser: Browser, content: bytes, shown_as: str | None
) -> None:
    """Whatever type was announced: here all of them as a PDF, the last one to have a script run."""
    entry = await entry_with(firm, f"doc-{str(shown_as)[-3:]}", content, media_type="application/pdf")
    answer = await fetched(browser, f"{entry}/documents/doc_0")
    assert (answer.status_code, answer.content) == (200, content)
    headers = answer.headers
    assert headers["content-type"] == (shown_as or "application/octet-stream")
    assert headers["content-disposition"].startswith("inline; " if shown_as else "attachment; ")
    assert "filename*=UTF-8''Facture%20n%C2%B0%207" in headers["content-disposition"]
    assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"
    policy = [part.strip() for part in headers["content-security-policy"].split(";")]
    assert {"sandbox", "default-src 'none'", "frame-ancestors 'self'"} <= set(policy)


async def test_an_entrys_page_leads_to_its_documents(firm: Any, browser: Browser) -> None:
    entry = await entry_with(firm, "doc-page", PNG, JPEG, media_type="image/png")
    page = await browser.get(entry)
    assert page.tree.xpath("//details[@class='preview']/img/@src") == [f"{entry}/documents/doc_{n}" for n in (0, 1)]
    assert [(await fetched(browser, f"{entry}/documents/doc_{n}")).content for n in (0, 1)] == [PNG, JPEG]


async def test_another_firms_document_is_not_there_nor_one_of_another_entry(
    town: Any, firm: Any, other_firm: Any, browser: Browser
) -> None:
    theirs = await entry_with(other_firm, "doc-theirs", PDF, media_type="application/pdf")
    mine = await entry_with(firm, "doc-mine", PNG, media_type="image/png")
    assert (await fetched(browser, f"{theirs}/documents/doc_0")).status_code == 404
    for wrong in ("doc_1", "doc_0x", hashlib.sha256(PDF).hexdigest()):
        answer = await fetched(browser, f"{mine}/documents/{wrong}")
        assert answer.status_code == 404 and answer.headers["content-type"].startswith("text/html"), wrong
    same_bytes = await entry_with(firm, "doc-same", PDF, media_type="application/pdf", keep=False)
    assert (await fetched(browser, f"{same_bytes}/documents/doc_0")).status_code == 404
    stranger = Browser(town.world.http_url("hub"))
    answer = await stranger.client.get(f"{mine}/documents/doc_0", follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
    await stranger.client.aclose()


async def test_a_document_that_is_not_kept_says_so(firm: Any, browser: Browser) -> None:
    entry = await entry_with(firm, "doc-gone", PDF, media_type="application/pdf", keep=False)
    page = await browser.get(f"{entry}/documents/doc_0")
    assert page.status == 404 and "is not kept here" in page.words
