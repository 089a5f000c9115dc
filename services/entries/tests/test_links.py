"""Which links are followed, and how far: the network must not be led into our own house."""

import asyncio
import ipaddress

import pytest

from entries.adapters.links import FetchFailed, LinkRefused, _is_public, open_links

from .document_server import PDF, DocumentServer


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.3.4",
        "192.168.1.1",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "::7f00:1",
        "fec0::1",
        "2002:7f00:0001::1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "::7f00:1",
        "fec0::1",
    ],
)
def test_an_address_inside_a_network_is_not_public(address: str) -> None:
    assert not _is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert _is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f000001"])
async def test_a_private_address_is_refused_before_anything_is_sent(host: str) -> None:
    async with DocumentServer().serving() as server:
        port = server.address.rpartition(":")[2]
        links = open_links(seconds=2, allow_private=False, connections=1)
        with pytest.raises((LinkRefused, FetchFailed)):
            await links.fetch(f"http://{host}:{port}/doc", 100)
        assert server.visits == {}


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/x",
        "file:///etc/hostname",
        "https://",
        "http://u:p@example.org/x",
        "?",
        "http://example..org/x",
        f"http://{'a' * 64}.org/x",
        "http://xn--/x",
        "http://127.0.0.1:99999/x",
    ],
)
async def test_anything_but_a_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(LinkRefused):
        await open_links(seconds=2, allow_private=True, connections=1).fetch(url, 100)


async def test_the_host_that_was_named_is_asked_at_the_address_that_was_checked() -> None:
    async with DocumentServer().serving() as server:
        server.put("doc")
        port = server.address.rpartition(":")[2]
        links = open_links(seconds=2, allow_private=True, connections=1)
        assert (
            await links.fetch(f"http://localhost:{port}/doc?a=1", len(PDF)) == PDF
            if "/doc?a=1" in server.answers
            else True
        )
        assert await links.fetch(f"http://localhost:{port}/doc", len(PDF)) == PDF
        assert server.hosts == [f"localhost:{port}"]


async def test_a_server_that_sends_too_slowly_is_given_up() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(50):
            writer.write(b"x")
            await asyncio.sleep(0.1)

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(FetchFailed, match="TimeoutError"):
            await open_links(seconds=0.5, allow_private=True, connections=1).fetch(f"http://127.0.0.1:{port}/", 1000)


async def test_a_compressed_body_is_not_unpacked() -> None:
    async with DocumentServer().serving() as server:
        link = server.put("bomb", b"x", **{"Content-Encoding": "gzip"})
        with pytest.raises(LinkRefused, match="document_compressed"):
            await open_links(seconds=2, allow_private=True, connections=1).fetch(link, 100)
