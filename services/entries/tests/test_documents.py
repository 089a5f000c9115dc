"""Documents: fetched within their link's life, checked, kept; asked for again, or the entry is returned."""

import asyncio
import hashlib

from entries.app.documents import ASKED_AGAIN_AFTER
from qontable.events.delivery import DocumentLinkRequested, EntryStatusChanged

from .document_server import PDF, PNG
from .house import House


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


async def test_a_document_that_the_platform_has_lost_returns_the_entry(house: House) -> None:
    client = await house.client()
    document = house.documents.document("lost")
    house.documents.put("lost", b"", 404)
    await house.say(client.validated("ent", documents=[document]))
    await house.hear(DocumentLinkRequested, file_id=client.file_id)
    await house.say(client.renewed("lost", None, gone=True))
    returned = await house.status(client, "ent", "to_verify")
    assert [finding.code for finding in returned.findings] == ["document_gone"]


async def test_a_link_that_nobody_gives_is_asked_for_again_and_then_returns_the_entry(house: House) -> None:
    client = await house.client()
    document = house.documents.document("silent")
    house.documents.put("silent", b"", 404)
    await house.say(client.validated("ent", documents=[document]))
    for count in range(1, len(ASKED_AGAIN_AFTER) + 1):
        await house.hear(DocumentLinkRequested, count=count, file_id=client.file_id)
        await house.until_true(
            "select asks = $2 and due_at > now() from entries.documents where file_id = $1", client.file_id, count
        )
        await house.database.execute("update entries.documents set due_at = now() where file_id = $1", client.file_id)
        house.wake("links")
    returned = await house.status(client, "ent", "to_verify")
    assert [finding.code for finding in returned.findings] == ["document_link_missing"]
    assert len(house.all(DocumentLinkRequested, file_id=client.file_id)) == len(ASKED_AGAIN_AFTER)


async def test_a_link_that_comes_after_it_was_asked_for_twice_lets_the_entry_leave(house: House) -> None:
    client = await house.client()
    document = house.documents.document("late")
    house.documents.put("late", b"", 404)
    await house.say(client.validated("ent", documents=[document]))
    await house.hear(DocumentLinkRequested, file_id=client.file_id)
    await house.database.execute("update entries.documents set due_at = now() where file_id = $1", client.file_id)
    house.wake("links")
    await house.hear(DocumentLinkRequested, count=2, file_id=client.file_id)
    house.documents.put("late")
    await house.say(client.renewed("late", document["url"]))
    await house.dispatched(client, "ent")


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
