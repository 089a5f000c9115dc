"""Import files and the entry that is not as the others: it stays, is counted, and keeps nobody."""

from datetime import timedelta

import pytest

from entries.app import exports
from qontable.clock import now
from qontable.events.delivery import KeptDocument
from qontable.events.export import ExportOpened
from qontable.storage import document_key

from .document_server import PDF
from .house import House
from .test_exports import batch, opened, ready, request

BOOK = "update entries.entries set accepted_revision = 1 where file_id = $1 and entry_id = $2"


async def test_an_entry_that_cannot_be_judged_stays_alone(house: House) -> None:
    client = await ready(house, "one", "broken", "two")
    await house.database.execute(
        """
        update entries.revisions set content = (content::jsonb - 'lines')::json
        where file_id = $1 and entry_id = 'broken'
        """,
        client.file_id,
    )
    asked = request(client)
    await house.say(asked)
    assert (await opened(house, asked)).left_out == {"unjudged": 1}
    assert [order.entry.entry_id for order in await batch(house, asked)] == ["one", "two"]


async def test_a_request_that_cannot_be_followed_ends_and_says_what_it_left(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await ready(house, "one", "two")
    monkeypatch.setattr(exports, "order_of", None)
    early, late = request(client), request(client)
    late = late.model_copy(update={"requested_at": now() - timedelta(hours=2)})
    await house.say(early, late)
    told = await opened(house, late)
    assert (told.size, told.left_out) == (0, {"unjudged": 2})
    assert not house.all(ExportOpened, export_id=early.export_id), "it is tried again for as long as a batch may take"
    monkeypatch.undo()
    await house.database.execute("update entries.exports set due_at = now()")
    house.wake("exports")
    assert len(await batch(house, early)) == 2


async def test_what_is_booked_in_another_currency_is_not_written_as_euros(house: House) -> None:
    client = await ready(house, "euros")
    await house.say(client.validated("dollars", currency="USD"))
    await house.waits_for(client, "dollars", "mapping")
    for entry_id in ("euros", "dollars"):
        await house.database.execute(BOOK, client.file_id, entry_id)
    again = request(client, again=True)
    await house.say(again)
    assert (await opened(house, again)).left_out == {"currency": 1}
    assert [order.entry.entry_id for order in await batch(house, again)] == ["euros"]


async def test_what_is_exported_again_has_the_documents_of_the_revision_in_the_books(house: House) -> None:
    client = await ready(house)
    first, second = (house.documents.document(name, PDF + name.encode()) for name in ("first", "second"))
    await house.say(client.validated("ent", documents=[{**first, "document_id": "invoice"}]))
    await house.status(client, "ent", "ready", documents="kept")
    asked = request(client)
    await house.say(asked)
    (order,) = await batch(house, asked)
    await house.answer(order, "confirmed", 2)
    await house.status(client, "ent", "synchronized")
    await house.say(client.validated("ent", 2, documents=[{**second, "document_id": "invoice"}]))
    await house.status(client, "ent", "synchronized", revision=2, open_difference=True)
    again = request(client, again=True)
    await house.say(again)
    (copy,) = await batch(house, again)
    assert copy.entry.revision == 1
    assert [_place(document) for document in copy.documents] == [
        (first["sha256"], document_key(client.firm_id, first["sha256"]))
    ]


def _place(document: KeptDocument) -> tuple[str, str]:
    return document.sha256, document.storage_key
