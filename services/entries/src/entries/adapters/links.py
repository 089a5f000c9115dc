"""Fetching a document from the link that the platform gave, and nothing else.

No redirects, http and https only, an address that the public may reach (unless allowed otherwise), the address that
was checked is the one that is called, no more bytes than announced, no more time than given.
"""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass

import httpx

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
LINK_ENDED = (401, 403, 404, 410)
MAX_PORT = 65_535
ASSIGNED = ipaddress.IPv6Network("2000::/3")
"""Where all addresses of the IPv6 internet lie (RFC 4291, IANA's registry)."""
TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""Addresses that a network's translator turns into the IPv4 address in their last four bytes (RFC 6052)."""


class LinkEnded(Exception):
    """The link gives nothing any more: a fresh one may."""


class LinkRefused(Exception):
    """The link is none that we follow; `finding` is the code of what the accountant reads."""

    def __init__(self, finding: str) -> None:
        super().__init__(finding)
        self.finding = finding


class FetchFailed(Exception):
    """The server did not answer properly this time; the message is a class name or a status."""


class TooLong(Exception):
    """The body is longer than announced."""


@dataclass(frozen=True, slots=True)
class Links:
    """Fetches documents. `seconds` bounds a whole fetch, whatever the server does."""

    client: httpx.AsyncClient
    seconds: float
    allow_private: bool

    async def fetch(self, url: str, size: int) -> bytes:
        """The body behind a link, at most `size` bytes of it.

        Raises `LinkEnded`, `LinkRefused`, `TooLong`, or `FetchFailed` for what may pass.
        """
        try:
            async with asyncio.timeout(self.seconds):
                return await self._fetch(_read_url(url), size)
        except (httpx.InvalidURL, UnicodeError):  # of a host's name too, which is read only when it is looked up
            raise LinkRefused("document_address_invalid") from None
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise FetchFailed(type(error).__name__) from None

    async def _fetch(self, url: httpx.URL, size: int) -> bytes:
        address = await self._resolve(url)
        request = self.client.build_request(
            "GET",
            url.copy_with(host=str(address)),
            headers={"Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity"},
            extensions={"sni_hostname": url.host},
        )
        response = await self.client.send(request, stream=True, follow_redirects=False)
        try:
            _check_status(response)
            return await _read_body(response, size)
        finally:
            await response.aclose()

    async def _resolve(self, url: httpx.URL) -> IpAddress:
        """The address to call. One private address among several refuses the link: which is called must not matter."""
        port = url.port or (443 if url.scheme == "https" else 80)
        found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(item[4][0]) for item in found]
        if not self.allow_private and not all(map(_is_public, addresses)):
            raise LinkRefused("document_address_private")
        return addresses[0]


def open_links(*, seconds: float, allow_private: bool, connections: int) -> Links:
    """Links with a client of their own, which knows no proxy, no cookie and no credential of this machine."""
    client = httpx.AsyncClient(
        timeout=httpx.Timeout(seconds, connect=min(10.0, seconds)),
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        trust_env=False,
    )
    return Links(client, seconds, allow_private)


def _read_url(text: str) -> httpx.URL:
    """The address in a link. Raises `httpx.InvalidURL` or `UnicodeError` where it is none."""
    url = httpx.URL(text)
    if url.scheme not in ("http", "https") or not url.host:
        raise LinkRefused("document_address_invalid")
    if url.userinfo or (url.port is not None and not 0 < url.port <= MAX_PORT):
        raise LinkRefused("document_address_invalid")
    return url


def _is_public(address: IpAddress) -> bool:
    """Whether the whole world reaches this address; one that carries another inside is judged by both."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in TRANSLATED:
            inner = ipaddress.IPv4Address(address.packed[-4:])
        if inner is not None:
            return _is_public(inner)
        if address not in ASSIGNED:
            return False
    return address.is_global and not address.is_multicast


def _check_status(response: httpx.Response) -> None:
    if response.is_success:
        return
    if response.status_code in LINK_ENDED:
        raise LinkEnded
    if response.is_redirect:
        raise LinkRefused("document_address_redirects")
    raise FetchFailed(f"status {response.status_code}")


async def _read_body(response: httpx.Response, size: int) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise LinkRefused("document_compressed")
    if int(response.headers.get("content-length", "0")) > size:
        raise TooLong
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > size:
            raise TooLong
    return bytes(body)
