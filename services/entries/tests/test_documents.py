"""Documents: fetched within their link's life, checked, kept; asked for again, or the entry is returned."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from qontable.events.delivery import DocumentLinkRequested, EntryStatusChanged
from qontable.events.platform import DocumentLinkRenewed

from .client import Client
from .document_server import PDF, DocumentServer
from .house import House

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"0" * 100


def renewed(client: Client, document_id: str, url: str | None, **changes: Any) -> DocumentLinkRenewed:
    return DocumentLinkRenewed(
        firm_id=client.firm_id,
        file_id=client.file_id,
        document_id=document_id,
        url=url,
        url_expires_at=datetime.now(UTC) + timedelta(minutes=30),
        **changes,
    )


async def test_an_entry_leaves_with_its_documents_kept_under_their_hash(house: House) -> None:
    client = await house.client()
    documents = [house.documents.document("doc_1"), house.documents.document("doc_2", PNG, media_type="image/png")]
    await house.say(client.validated("ent", documents=documents))
    order = await house.dispatched(client, "ent")
    assert [(kept.document_id, kept.media_type, kept.size) for kept in order.documents] == [
        ("doc_1", "application/pdf", len(PDF)),
        ("doc_2", "image/png", len(PNG)),
    ]
    for kept, body in zip(order.documents, (PDF, PNG), strict=True):
        stored = await asyncio.to_thread((house.storage / kept.storage_key).read_bytes)
        assert stored == body
        assert kept.sha256 == hashlib.sha256(body).hexdigest()
    assert house.documents.address not in order.body().decode()
    assert (await house.status(client, "ent", "sending")).documents == "kept"


async def test_a_document_is_fetched_even_while_the_file_is_not_mapped(house: House) -> None:
    client = house.stranger()
    document = house.documents.document("early")
    await house.say(client.firm_created(), client.file_created(), client.validated("ent", documents=[document]))
    await house.hear(EntryStatusChanged, file_id=client.file_id, documents="kept", waiting_for=("mapping",))


async def test_a_newer_revision_does_not_fetch_the_same_document_again(house: House) -> None:
    client = await house.client(active=False)
    document = house.documents.document("same")
    await house.say(client.validated("ent", documents=[document]))
    await house.hear(EntryStatusChanged, file_id=client.file_id, documents="kept")
    await house.say(client.validated("ent", 2, documents=[document]))
    await house.hear(EntryStatusChanged, file_id=client.file_id, documents="kept", revision=2)
    await house.say(client.tied())
    assert (await house.dispatched(client, "ent")).entry.revision == 2
    assert house.documents.visits["/same"] == 1


async def test_a_server_that_fails_for_a_moment_is_asked_again(house: House) -> None:
    client = await house.client()
    document = house.documents.document("moment")
    house.documents.put("moment", b"", 503)
    await house.say(client.validated("ent", documents=[document]))
    await house.waits_for(client, "ent", "documents")
    await house.until(lambda: house.documents.visits.get("/moment"))
    house.documents.put("moment")
    await house.dispatched(client, "ent")


LINKS_THAT_ENDED: dict[str, dict[str, Any]] = {
    "expired": {"url_expires_at": datetime(2026, 1, 1, tzinfo=UTC)},
    "forbidden": {"status": 403},
    "not found": {"status": 404},
    "gone": {"status": 410},
}


@pytest.mark.parametrize("name", LINKS_THAT_ENDED)
async def test_a_link_that_ended_is_asked_for_again_once(house: House, name: str) -> None:
    client = await house.client()
    document_id = f"ended_{name.replace(' ', '_')}"
    document = house.documents.document(document_id)
    document |= {key: value for key, value in LINKS_THAT_ENDED[name].items() if key != "status"}
    if "status" in LINKS_THAT_ENDED[name]:
        house.documents.put(document_id, b"", LINKS_THAT_ENDED[name]["status"])
    await house.say(client.validated("ent", documents=[document]))
    asked = await house.hear(DocumentLinkRequested, file_id=client.file_id)
    assert (asked.document_id, asked.entry_id) == (document_id, "ent")
    await house.say(renewed(client, document_id, house.documents.put(f"{document_id}_fresh")))
    await house.dispatched(client, "ent")
    assert len(house.all(DocumentLinkRequested, file_id=client.file_id)) == 1


async def test_a_document_that_the_platform_has_lost_returns_the_entry(house: House) -> None:
    client = await house.client()
    document = house.documents.document("lost")
    house.documents.put("lost", b"", 404)
    await house.say(client.validated("ent", documents=[document]))
    await house.hear(DocumentLinkRequested, file_id=client.file_id)
    await house.say(renewed(client, "lost", None, gone=True))
    returned = await house.status(client, "ent", "to_verify")
    assert [finding.code for finding in returned.findings] == ["document_gone"]


def huge(server: DocumentServer) -> dict[str, Any]:
    return {**server.document("huge"), "bytes": 200_000_000}


REFUSED: dict[str, tuple[Any, list[str]]] = {
    "another hash": (lambda server: server.document("hash", PDF, PDF[:-1] + b"X"), ["document_other_content"]),
    "shorter than announced": (lambda server: server.document("short", PDF, PDF[:50]), ["document_other_content"]),
    "endless": (lambda server: server.document("endless", PDF, PDF * 1000), ["document_other_content"]),
    "another type": (
        lambda server: server.document("type", PNG, media_type="application/pdf"),
        ["document_other_type"],
    ),
    "empty": (lambda server: server.document("empty", b""), ["document_empty"]),
    "200 MB": (huge, ["document_too_large"]),
    "no web address": (
        lambda server: {**server.document("ftp"), "url": "file:///etc/hostname"},
        ["document_address_refused"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_document_that_cannot_be_taken_returns_the_entry_with_the_reason(house: House, name: str) -> None:
    client = await house.client()
    make, codes = REFUSED[name]
    await house.say(client.validated("ent", documents=[make(house.documents)]))
    returned = await house.status(client, "ent", "to_verify", detail="preflight")
    assert [finding.code for finding in returned.findings] == codes
    assert not await asyncio.to_thread((house.storage / "documents" / client.firm_id).exists)


async def test_a_redirect_is_not_followed(house: House) -> None:
    client = await house.client()
    target = house.documents.put("target")
    document = house.documents.document("redirecting")
    house.documents.put("redirecting", b"", 302, Location=target)
    await house.say(client.validated("ent", documents=[document]))
    returned = await house.status(client, "ent", "to_verify")
    assert returned.findings[0].message["en"] == "The address of a document is not accepted (redirect)."
    assert "/target" not in house.documents.visits


async def test_a_returned_entry_leaves_once_it_comes_with_the_right_document(house: House) -> None:
    client = await house.client()
    wrong = house.documents.document("wrong", PDF, PDF[:50])
    await house.say(client.validated("ent", documents=[wrong]))
    await house.status(client, "ent", "to_verify")
    await house.say(client.validated("ent", 2, documents=[house.documents.document("wrong")]))
    assert (await house.dispatched(client, "ent")).entry.revision == 2


async def test_two_entries_may_share_a_document(house: House) -> None:
    client = await house.client()
    document = house.documents.document("shared")
    await house.say(client.validated("a", documents=[document]), client.validated("b", documents=[document, document]))
    assert len((await house.dispatched(client, "a")).documents) == 1
    assert len((await house.dispatched(client, "b")).documents) == 2
