"""Documents that cannot be had: asked for again or returned with the reason; nothing is fetched beyond limits."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from entries.adapters.links import LinkRefused, open_links
from qontable.bilingual import set_french
from qontable.events.delivery import DocumentLinkRequested

from ..client import UNTIED
from ..document_server import MUCH, PDF, PNG, DocumentServer
from ..house import House

FEW = MUCH // 8
"""What a server gets rid of at most before it notices that nobody reads: buffers of two sockets."""
Make = Callable[[DocumentServer, str], dict[str, Any]]


def served(status: int = 200, **headers: str) -> Make:
    """A document whose server answers so."""

    def make(server: DocumentServer, name: str) -> dict[str, Any]:
        document = server.document(name)
        server.put(name, b"", status, **headers)
        return document

    return make


def linked(url: str) -> Make:
    """A document under this link."""
    return lambda server, name: server.document(name) | {"url": url.replace("PORT", server.address.rpartition(":")[2])}


def poured(head: bytes, chunk: bytes, pause: float = 0.0) -> Make:
    """A document whose server does not stop."""
    return lambda server, name: server.document(name) | {"url": server.pour(name, head, chunk, pause)}


LINKS_THAT_ENDED: dict[str, Make] = {
    "expired": lambda server, name: server.document(name) | {"url_expires_at": datetime(2026, 1, 1, tzinfo=UTC)},
    "expired in year 1": lambda server, name: server.document(name) | {"url_expires_at": datetime(1, 1, 2, tzinfo=UTC)},
    "401": served(401),
    "403": served(403),
    "404": served(404),
    "410": served(410),
}


@pytest.mark.parametrize("name", LINKS_THAT_ENDED)
async def test_a_link_that_ended_is_asked_for_again_once(house: House, name: str) -> None:
    client = await house.client()
    document_id = f"ended{name.replace(' ', '')}"
    document = LINKS_THAT_ENDED[name](house.documents, document_id)
    await house.say(client.validated("ent", documents=[document]), client.validated("neighbour"))
    asked = await house.hear(DocumentLinkRequested, file_id=client.file_id)
    assert (asked.document_id, asked.entry_id) == (document_id, "ent")
    await house.dispatched(client, "neighbour")
    await house.say(client.renewed(document_id, house.documents.put(f"{document_id}_fresh")))
    await house.dispatched(client, "ent")
    assert len(house.all(DocumentLinkRequested, file_id=client.file_id)) == 1


@dataclass(frozen=True)
class Refused:
    """A document, the finding that returns its entry, its French message, and how often its server is visited."""

    make: Make
    code: str
    french: str
    visits: int = 1


CONTENT = "Le contenu d'une pièce jointe n'est pas celui qui a été annoncé avec l'écriture."
REDIRECTS = "Le lien d'une pièce jointe renvoie à une autre adresse, ce que nous ne suivons pas."
PRIVATE = "Le lien d'une pièce jointe mène dans un réseau privé."
INVALID = "Le lien d'une pièce jointe n'est pas une adresse web."
EMPTY = "Une pièce jointe est vide."
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
MEBIBYTE = b"100000\r\n" + b"x" * 2**20 + b"\r\n"

REFUSED = {
    "redirecting": Refused(served(302, Location="http://127.0.0.1/target"), "document_address_redirects", REDIRECTS),
    "redirecting to a private address": Refused(
        served(307, Location="http://169.254.169.254/latest"), "document_address_redirects", REDIRECTS
    ),
    "to a private address": Refused(linked("http://10.0.0.1/doc"), "document_address_private", PRIVATE, 0),
    "to this machine": Refused(linked("http://127.0.0.2:PORT/doc"), "document_address_private", PRIVATE, 0),
    "to this machine over IPv6": Refused(linked("http://[::1]:PORT/doc"), "document_address_private", PRIVATE, 0),
    "to a cloud of machines": Refused(linked("http://169.254.169.254/"), "document_address_private", PRIVATE, 0),
    "to a private address in IPv6": Refused(
        linked("http://[::ffff:10.0.0.1]/"), "document_address_private", PRIVATE, 0
    ),
    "to a private address behind a translator": Refused(
        linked("http://[64:ff9b::a00:1]/"), "document_address_private", PRIVATE, 0
    ),
    "no web address": Refused(linked("file:///etc/hostname"), "document_address_invalid", INVALID, 0),
    "a host that is no name": Refused(linked(f"http://{'a' * 64}.example/"), "document_address_invalid", INVALID, 0),
    "a host with an empty label": Refused(linked("http://a..b/"), "document_address_invalid", INVALID, 0),
    "a host in a wrong alphabet": Refused(linked("http://xn--a/"), "document_address_invalid", INVALID, 0),
    "with credentials": Refused(linked("http://u:p@127.0.0.1:PORT/"), "document_address_invalid", INVALID, 0),
    "compressed": Refused(
        served(200, **{"Content-Encoding": "gzip"}),
        "document_compressed",
        "Une pièce jointe arrive compressée, ce que nous n'avons pas demandé.",
    ),
    "endless": Refused(poured(CHUNKED, MEBIBYTE), "document_other_content", CONTENT),
    "endless without a length": Refused(poured(b"\r\n", b"x" * 2**20), "document_other_content", CONTENT),
    "200 MB under the length of a small one": Refused(
        poured(b"Content-Length: 200000000\r\n\r\n", b"x" * 2**20), "document_other_content", CONTENT
    ),
    "200 MB": Refused(
        lambda server, name: server.document(name) | {"bytes": MUCH},
        "document_too_large",
        "Une pièce jointe pèse 200 000 000 octets ; la limite est de 1 000 000.",
        0,
    ),
    "empty": Refused(lambda server, name: server.document(name, b""), "document_empty", EMPTY, 0),
    "empty although announced": Refused(lambda server, name: server.document(name, PDF, b""), "document_empty", EMPTY),
    "of another type": Refused(
        lambda server, name: server.document(name, PNG),
        "document_other_type",
        "Une pièce jointe annoncée comme application/pdf n'en est pas une d'après son contenu.",
    ),
    "of another hash": Refused(
        lambda server, name: server.document(name, PDF, PDF[:-1] + b"X"), "document_other_content", CONTENT
    ),
    "shorter than announced": Refused(
        lambda server, name: server.document(name, PDF, PDF[:50]), "document_other_content", CONTENT
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_the_entry_is_returned_with_the_reason(house: House, name: str) -> None:
    client = await house.client()
    wanted, document_id = REFUSED[name], "".join(filter(str.isalnum, name))
    document = wanted.make(house.documents, document_id)
    await house.say(client.validated("ent", documents=[document]), client.validated("neighbour"))
    told = await house.status(client, "ent", "to_verify", detail="preflight")
    findings = {finding.code: finding for finding in told.findings}
    assert findings[wanted.code].message["fr"] == set_french(wanted.french)
    assert findings[wanted.code].remedy["fr"].endswith("puis validez de nouveau l'écriture.")
    assert house.documents.visits.get(f"/{document_id}", 0) == wanted.visits
    assert house.documents.poured.get(f"/{document_id}", 0) < FEW
    assert not await asyncio.to_thread((house.storage / "documents" / client.firm_id).exists)
    await house.dispatched(client, "neighbour")


async def test_it_is_returned_too_where_no_software_is_connected(house: House) -> None:
    client = house.stranger()
    document = REFUSED["of another hash"].make(house.documents, "untied")
    await house.say(client.firm_created(), client.file_created(), client.tied(**UNTIED))
    await house.say(client.validated("ent", documents=[document]), client.validated("neighbour"))
    told = await house.status(client, "ent", "to_verify", detail="preflight")
    assert [finding.code for finding in told.findings] == ["document_other_content"]
    await house.waits_for(client, "neighbour", "mapping")


NOT_NOW = {
    "slower than a drip": poured(b"Content-Length: 227\r\n\r\n", b"x", 0.5),
    "headers without end": poured(b"", b"X-Header: " + b"x" * 1_000 + b"\r\n"),
    "no answer that is HTTP": poured(b"\x00\x01\r\n\r\n", b"x" * 1_000),
    "a server that fails": served(500),
}


@pytest.mark.parametrize("name", NOT_NOW)
async def test_what_may_pass_is_tried_again_within_the_links_life(house: House, name: str) -> None:
    client = await house.client()
    document_id = "".join(filter(str.isalnum, name))
    document = NOT_NOW[name](house.documents, document_id)
    await house.say(client.validated("ent", documents=[document]), client.validated("neighbour"))
    await house.dispatched(client, "neighbour")
    waiting = await house.waits_for(client, "ent", "documents")
    assert waiting.documents == "waiting"
    tried = "select tries > 0 and lease is null from entries.documents where file_id = $1"
    await house.until_true(tried, client.file_id)
    house.documents.pours.pop(f"/{document_id}", None)
    fresh = house.documents.put(document_id)
    await house.say(client.renewed(document_id, fresh))
    await house.dispatched(client, "ent")
    assert house.documents.poured.get(f"/{document_id}", 0) < FEW


async def test_a_name_that_changes_its_address_is_called_where_it_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the second answer would lead into our own house, and is never asked for."""
    asked: list[str] = []
    async with DocumentServer().serving() as server:
        server.put("doc")
        port = int(server.address.rpartition(":")[2])

        async def resolve(host: str, _port: int, **_: Any) -> list[Any]:
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1" if len(asked) == 1 else "10.0.0.1", port))]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        links = open_links(seconds=3, allow_private=True, connections=1)
        assert await links.fetch(f"http://documents.example:{port}/doc", len(PDF)) == PDF
        await links.client.aclose()
        assert server.hosts == [f"documents.example:{port}"]
    assert asked == ["documents.example"]


async def test_one_private_address_among_public_ones_refuses_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    links = open_links(seconds=3, allow_private=False, connections=1)
    with pytest.raises(LinkRefused, match="document_address_private"):
        await links.fetch("http://documents.example/doc", 100)
