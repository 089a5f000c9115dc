"""Links to documents: who has one gets that document, for as long as it is meant to be had, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest

from gateways.adapters.links import revoke
from gateways.bootstrap import links_url
from gateways.domain.links import token_for
from gateways.domain.outcome import BatchRefused, Exchange, JobAccepted, SendOutcome
from gateways.domain.port import Parcel
from gateways.entrypoints.documents import documents_application
from gateways.settings import GatewaySettings
from qontable.database import Database
from qontable.events.delivery import EntryDispatched, KeptDocument

from .house import dispatched_entry
from .software import ANSWERED, make_sheet, say
from .untimely import Untimely
from .workshop import Bench, Process, Workshop

PDF = b"%PDF-1.7 the one of " + bytes(range(256)) * 3_000
HOURS = 72
LIFE = timedelta(hours=HOURS)


@dataclass
class Fetching(Untimely):
    """A software that fetches documents by itself: it keeps the links that it was given."""

    links: list[str] = field(default_factory=list)
    refuses: bool = False

    def receive(self, parcel: Parcel, token: str) -> SendOutcome:
        """Take every entry as a job, or refuse it together with others."""
        self.links += [document.link or "" for document in parcel.documents]
        if self.refuses:
            return BatchRefused(exchange=ANSWERED, message=say("refused"), together=2)
        sent = Exchange(http_status=200, sent=b"(hidden)")
        return JobAccepted(exchange=sent, handle="job-1", poll_after=timedelta(days=9))


@dataclass
class Town:
    """One firm's bench whose software fetches documents, and the desk that gives them."""

    shop: Workshop
    firm: str
    software: Fetching = field(init=False)
    bench: Bench = field(init=False)

    def __post_init__(self) -> None:
        hours = {"value": HOURS, "evidence": "documented", "source": "test"}
        per_call = {"value": 1, "evidence": "documented", "source": "test"}
        sheet = make_sheet(capabilities={"document_link_hours": hours, "entries_per_call": per_call})
        self.software = Fetching(sheet=sheet, clock=self.shop.clock)
        self.bench = Bench(self.shop, self.software, name="fetching")
        self.shop.run(self.bench.connect())

    def content(self) -> bytes:
        """Each firm's document is another one."""
        return PDF + self.firm.encode()

    def dispatch(self, name: str = "Facture n° 7.pdf") -> EntryDispatched:
        """An entry with a kept document leaves as soon as a process works."""
        key = f"documents/{self.bench.firm_id}/{sha256(self.content()).hexdigest()}"
        self.shop.run(self.shop.storage.put(key, self.content()))
        kept = KeptDocument(
            document_id="doc_1", file_name=name, media_type="application/pdf", size=len(self.content()),
            sha256=sha256(self.content()).hexdigest(), storage_key=key,
        )  # fmt: skip
        number = next(self.shop.numbers)
        event = dispatched_entry(
            delivery_id=f"dlv_links_{number}", connection_id=self.bench.connection_id, file_id="fil_1",
            entry_id=f"ent_links_{number}", firm_id=self.bench.firm_id, connector=self.bench.connector,
        ).model_copy(update={"documents": (kept,)})  # fmt: skip
        self.shop.run(self.bench.dispatch(event))
        return event

    def work(self) -> None:
        """A process takes the lane and works it to its end."""
        process = Process(self.bench, f"slot {self.bench.connection_id}")
        self.shop.run(process.start())
        self.shop.run(process.work(None))

    def links(self) -> list[str]:
        """An entry has left: the links that went with it."""
        self.dispatch()
        self.work()
        return self.software.links

    def get(self, url: str, method: str = "GET") -> httpx.Response:
        """What the desk answers."""
        application = documents_application(Database(self.shop.pool), self.shop.storage)

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(application)
            async with httpx.AsyncClient(transport=transport, base_url="https://links.example") as client:
                return await client.request(method, url.removeprefix("https://links.example/documents"))

        return self.shop.run(ask())

    def state(self) -> str:
        (row,) = self.shop.run(self.bench.look()).deliveries
        return str(row["state"])


@pytest.fixture
def town(shop: Workshop) -> Iterator[Town]:
    """A firm."""
    shop.run(shop.clock.begin_again())
    yield Town(shop, "one")
    assert not shop.faults


def test_a_link_gives_its_document_whole_and_asks_nobody_to_keep_it(town: Town) -> None:
    (link,) = town.links()
    assert link.startswith("https://links.example/documents/")
    answer = town.get(link)
    assert (answer.status_code, answer.content) == (200, town.content())
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-length"] == str(len(town.content()))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Facture n_ 7.pdf\"; filename*=UTF-8''Facture%20n%C2%B0%207.pdf"
    )
    head = town.get(link, "HEAD")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(town.content())))


def test_a_link_works_for_more_than_a_day_and_then_says_that_it_has_ended(town: Town) -> None:
    (link,) = town.links()
    town.shop.run(town.shop.clock.move(timedelta(hours=25)))
    assert town.get(link).status_code == 200
    town.shop.run(town.shop.clock.move(LIFE - timedelta(hours=25)))
    assert (town.get(link).status_code, town.get(link).content) == (410, b"")


@pytest.mark.parametrize(
    "guess",
    [
        "",
        "/",
        "/..",
        "/dlv_links_1",
        "/doc_1",
        "/" + "A" * 43,
        "/" + "A" * 42,
        "/" + "A" * 44,
        "/%2e%2e/documents",
        "?list",
    ],
)
def test_nothing_is_found_by_guessing_and_nothing_is_listed(town: Town, guess: str) -> None:
    town.links()
    answer = town.get(f"https://links.example/documents{guess}")
    assert answer.status_code in (404, 405)
    assert b"%PDF" not in answer.content


def test_a_token_that_differs_in_one_character_is_unknown(town: Town) -> None:
    (link,) = town.links()
    other = link[:-3] + ("A" if link[-3] != "A" else "B") + link[-2:]
    assert town.get(other).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_link_only_reads(town: Town, method: str) -> None:
    (link,) = town.links()
    assert town.get(link, method).status_code == 405


@pytest.mark.parametrize("by", ["firm", "connection", "delivery"])
def test_a_revoked_link_has_ended_and_those_of_others_go_on(town: Town, by: str) -> None:
    neighbour = Town(town.shop, "two")
    event = town.dispatch()
    town.work()
    (link,), (other,) = town.software.links, neighbour.links()

    async def end() -> int:
        async with town.shop.pool.acquire() as connection:
            chosen = {
                "firm": (None, None),
                "connection": (town.bench.connection_id, None),
                "delivery": (None, event.delivery_id),
            }[by]
            return await revoke(connection, town.bench.firm_id, *chosen)

    assert town.shop.run(end()) == 1
    assert town.get(link).status_code == 410
    assert town.get(other).content == neighbour.content()
    assert town.shop.run(end()) == 0


def test_a_link_leads_to_no_document_of_another_firm(town: Town) -> None:
    neighbour = Town(town.shop, "two")
    (mine,), (theirs,) = town.links(), neighbour.links()
    assert mine != theirs
    assert town.get(mine).content == town.content() != neighbour.content()


def test_a_link_ends_with_its_attempt(town: Town) -> None:
    """Refused together: the entry leaves again, with a link of its own; the earlier one has ended."""
    town.software.refuses = True
    town.dispatch()
    process = Process(town.bench, f"slot {town.bench.connection_id}")
    town.shop.run(process.start())
    town.shop.run(process.work(11))
    while len(town.software.links) < 2:
        town.shop.run(process.go_on(1))
    town.software.refuses = False
    town.shop.run(process.go_on(None))
    first, *_, last = town.software.links
    assert first != last
    assert (town.get(first).status_code, town.get(last).status_code) == (410, 200)


def test_the_same_attempt_has_the_same_link_and_every_other_another() -> None:
    named = ("dlv_1", 1, "doc_1")
    same = token_for(b"s" * 32, *named)
    assert same == token_for(b"s" * 32, *named)
    others = [("dlv_2", 1, "doc_1"), ("dlv_1", 2, "doc_1"), ("dlv_1", 1, "doc_2"), ("dlv_1", 11, "doc_1")]
    assert len({same, token_for(b"t" * 32, *named), *(token_for(b"s" * 32, *other) for other in others)}) == 6


def test_nothing_that_is_kept_or_told_holds_a_token(town: Town) -> None:
    (link,) = town.links()
    token = link.rpartition("/")[2]

    async def everything() -> list[str]:
        async with town.shop.pool.acquire() as connection:
            tables = [
                row[0]
                for row in await connection.fetch("select tablename from pg_tables where schemaname = current_schema()")
            ]
            return [text for table in tables for (text,) in await connection.fetch(f"select r::text from {table} r")]

    rows = town.shop.run(everything())
    assert any("%PDF" not in row and sha256(token.encode()).hexdigest() in row for row in rows), "its hash is kept"
    assert not [row for row in rows if token in row]


def test_a_document_that_is_not_there_is_asked_for_later(town: Town) -> None:
    (link,) = town.links()

    async def lose() -> None:
        async with town.shop.pool.acquire() as connection:
            await connection.execute(
                """
                update document_links set document = (document::jsonb || '{"storage_key": "documents/lost"}')::json
                where connection_id = $1
                """,
                town.bench.connection_id,
            )

    town.shop.run(lose())
    answer = town.get(link)
    assert (answer.status_code, answer.headers["retry-after"], answer.content) == (503, "60", b"")
    town.shop.faults.clear()


def test_a_gateway_whose_software_fetches_documents_does_not_start_without_an_address(town: Town) -> None:
    values = {"kafka": "k", "database_url": "d", "http_port": 1, "storage_url": "s", "private_keys": "p"}
    settings = GatewaySettings.model_validate(values)
    fetching: Any = {"fetching": town.software}
    with pytest.raises(ValueError, match="QONTABLE_LINKS_URL"):
        links_url(settings, fetching)
    assert links_url(settings.model_copy(update={"links_url": "https://a/"}), fetching) == "https://a"
    plain: Any = {"plain": replace(town.software, sheet=make_sheet())}
    assert links_url(settings, plain) == ""
