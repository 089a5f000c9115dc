"""What a failed request means, held to real sockets: what the transport raises is not what its name says."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from urllib.parse import quote

import pytest

from gateways.adapters.http import Answer, Body, Request, ask, open_client
from gateways.adapters.transport import TRANSPORT_RULES, NoAnswer, Phase, classify
from gateways.domain.deadline import Deadline
from gateways.domain.port import DocumentUnavailable, Session

from .wire import FreeThrottle

Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
BODY = b'{"entry": 1}'
LARGE = b"x" * 8_000_000


class ClosedThrottle:
    """Nobody's turn ever comes."""

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        await asyncio.Event().wait()
        yield


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = next((line.split(b":")[1] for line in head.split(b"\r\n") if line.startswith(b"content-length")), b"0")
    return await reader.readexactly(int(length))


def reset(writer: asyncio.StreamWriter) -> None:
    """Closing with a pending RST, as a crashed process or a firewall does."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def closes_at_once(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def resets_while_reading(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    reset(writer)


async def closes_after_reading(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.close()


async def resets_after_reading(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    reset(writer)


def answers(raw: bytes, *, then_close: bool = True) -> Server:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(raw)
        await writer.drain()
        if then_close:
            writer.close()

    return handle


async def never_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    await reader.read()
    writer.close()


async def never_reads(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(3)
    reset(writer)


CUT_BY_LENGTH = b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id":'
CUT_CHUNK = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"id":'
NOT_HTTP = b"SSH-2.0-OpenSSH_9.6\r\n\r\n"
NOT_GZIP = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"

AFTER_THE_FIRST_BYTE: dict[str, tuple[Server, bytes, str]] = {
    "closes at once": (closes_at_once, BODY, "connection_lost"),
    "resets while reading": (resets_while_reading, LARGE, "connection_lost"),
    "closes after reading": (closes_after_reading, BODY, "connection_lost"),
    "resets after reading": (resets_after_reading, BODY, "connection_lost"),
    "cut in the status line": (answers(b"HTTP/1.1 20"), BODY, "connection_lost"),
    "cut before its length": (answers(CUT_BY_LENGTH), BODY, "answer_unreadable"),
    "cut inside a chunk": (answers(CUT_CHUNK), BODY, "answer_unreadable"),
    "no HTTP": (answers(NOT_HTTP), BODY, "answer_unreadable"),
    "no gzip": (answers(NOT_GZIP), BODY, "answer_unreadable"),
    "never answers": (never_answers, BODY, "no_answer_in_time"),
    "never reads": (never_reads, LARGE, "no_answer_in_time"),
}


@asynccontextmanager
async def serving(handle: Server) -> AsyncIterator[str]:
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@asynccontextmanager
async def session(*, deadline: float = 5.0, throttle: object | None = None) -> AsyncIterator[Session]:
    async with open_client() as client:
        yield Session(
            credentials={},
            http=client,
            deadline=Deadline.after(deadline),
            throttle=throttle or FreeThrottle(),  # type: ignore[arg-type]
            books=None,  # type: ignore[arg-type]
        )


def body(content: bytes, *, length: int | None = None) -> Body:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 65_536):
            yield content[start : start + 65_536]

    return Body(len(content) if length is None else length, chunks)


async def post(url: str, content: Body | None = None, *, seconds: float = 0.7, **options: object) -> Answer:
    async with session(**options) as opened:  # type: ignore[arg-type]
        request = Request(
            "POST", f"{url}/entry", "/entry", {"Authorization": "Bearer secret"}, {}, content or body(BODY)
        )
        return await ask(opened, request, seconds=seconds)


@pytest.mark.parametrize(
    ("server", "content", "category"), AFTER_THE_FIRST_BYTE.values(), ids=AFTER_THE_FIRST_BYTE.keys()
)
async def test_an_entry_whose_first_byte_may_have_left_is_unknown(
    server: Server, content: bytes, category: str
) -> None:
    async with serving(server) as url:
        with pytest.raises(NoAnswer) as failure:
            await post(url, body(content))
    assert (failure.value.rule.outcome, failure.value.rule.category) == ("unknown", category)


async def test_a_refused_connection_sent_nothing() -> None:
    with pytest.raises(NoAnswer) as failure:
        await post("http://127.0.0.1:1")
    assert (failure.value.rule.outcome, failure.value.rule.category) == ("not_sent", "connection_refused")


async def test_a_name_that_does_not_exist_sent_nothing() -> None:
    with pytest.raises(NoAnswer) as failure:
        await post("http://software.invalid")
    assert (failure.value.rule.outcome, failure.value.rule.category) == ("not_sent", "name_not_found")


async def test_a_server_that_speaks_no_tls_was_sent_nothing() -> None:
    async with serving(closes_at_once) as url:
        with pytest.raises(NoAnswer) as failure:
            await post(url.replace("http:", "https:"))
    assert failure.value.rule.outcome == "not_sent"


async def test_an_address_that_is_none_sent_nothing() -> None:
    with pytest.raises(NoAnswer) as failure:
        await post("ftp://127.0.0.1")
    assert (failure.value.rule.outcome, failure.value.rule.category) == ("not_sent", "address_invalid")


@pytest.mark.parametrize("throttle", [FreeThrottle(), ClosedThrottle()])
async def test_a_request_does_not_begin_when_its_deadline_is_near(throttle: object) -> None:
    reached = asyncio.Event()

    async def notice(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        writer.close()

    async with serving(notice) as url:
        with pytest.raises(NoAnswer) as failure:
            await post(url, throttle=throttle, deadline=0.2)
    assert failure.value.rule.outcome == "not_sent"
    assert not reached.is_set()


async def test_every_request_takes_a_turn_of_the_throttle() -> None:
    throttle = FreeThrottle()
    async with serving(answers(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as url:
        await post(url, throttle=throttle)
    assert throttle.turns == 1


@pytest.mark.parametrize("promised", [len(BODY) - 1, len(BODY) + 1])
async def test_a_body_of_another_length_than_announced_never_arrives_whole(promised: int) -> None:
    whole: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        whole.append(await read_request(reader))

    async with serving(listen) as url:
        with pytest.raises(DocumentUnavailable):
            await post(url, body(BODY, length=promised))
    assert whole == []


async def test_nothing_of_a_request_arrives_after_it_was_given_up() -> None:
    arrived: list[bytes] = []
    tried = asyncio.Event()

    async def reads_too_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await tried.wait()
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        with suppress(OSError, asyncio.IncompleteReadError):
            arrived.append(await read_request(reader))
        writer.close()

    server = await asyncio.start_server(reads_too_late, sock=_narrow_socket())
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with pytest.raises(NoAnswer):
        await post(address, body(b"x" * 1_000_000))
    tried.set()
    await asyncio.sleep(0.3)
    server.close()
    assert arrived == []


def _narrow_socket() -> socket.socket:
    """Listening with a small receive buffer: most of a request waits on the sender's side."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    return listening


async def test_a_redirect_is_an_answer_and_takes_no_credential_elsewhere() -> None:
    reached = asyncio.Event()

    async def elsewhere(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        writer.close()

    async with serving(elsewhere) as other:
        redirect = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {other}\r\nContent-Length: 0\r\n\r\n".encode()
        async with serving(answers(redirect)) as url:
            answer = await post(url)
    assert answer.status == 307
    assert not reached.is_set()


async def test_nothing_of_ours_but_the_request_reaches_the_software() -> None:
    heads: list[bytes] = []

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            heads.append((await reader.readuntil(b"\r\n\r\n")).lower())
            await reader.readexactly(len(BODY))
            writer.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: firm=a\r\nContent-Length: 0\r\n\r\n")

    async with serving(keep) as url, session() as opened:
        for _ in range(2):
            await ask(opened, Request("POST", f"{url}/entry", "/entry", {}, {}, body(BODY)), seconds=1)
    names = {line.split(b":")[0] for head in heads for line in head.split(b"\r\n")[1:] if line}
    assert names <= {
        b"host",
        b"accept",
        b"accept-encoding",
        b"connection",
        b"user-agent",
        b"content-length",
        b"content-type",
    }


async def test_a_software_that_repeats_the_request_in_its_refusal_gives_no_credential_away() -> None:
    token, partner = 'tok/"en"+secret', "partner-secret"

    async def repeats(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        told = {"error": {"message": f"Bearer {token} is none", "url": f"/entry?key={quote(token, safe='')}"}}
        page = json.dumps(told).encode() + f" {token} {partner} short".encode()
        head = f"HTTP/1.1 401 No\r\nrequest-id: of {partner}\r\nContent-Length: {len(page)}\r\n\r\n"
        writer.write(head.encode() + page)

    async with serving(repeats) as url, session() as opened:
        asking = replace(opened, credentials={"token": token, "mode": "short"})
        request = Request("POST", f"{url}/entry", "/entry", {}, {}, body(BODY), secrets=(partner,))
        answer = await ask(asking, request, seconds=1)
    assert answer.headers["request-id"] == "of (hidden)"
    said = b'{"error": {"message": "Bearer (hidden) is none", "url": "/entry?key=(hidden)"}} (hidden) (hidden) short'
    assert answer.body == said


def test_every_row_of_the_table_says_what_to_do_in_both_languages() -> None:
    for rule in TRANSPORT_RULES:
        assert set(rule.said) == {"fr", "en"}
        assert set(rule.remedy) == {"fr", "en"}


@pytest.mark.parametrize("phase", list(Phase))
def test_no_error_is_left_without_a_row(phase: Phase) -> None:
    assert classify(RuntimeError("anything"), phase).outcome == ("not_sent" if phase is Phase.BEFORE else "unknown")
