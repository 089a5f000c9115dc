"""What a scenario works at: a software file, a key and a connection of its own, so that all run side by side."""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import httpx

from gateways.domain.port import Connector
from qontable.entry import EntryRef
from qontable.events.delivery import EntryDeliveryChanged, EntryDispatched, KeptDocument, SoftwareMessage
from qontable.events.hub import ConnectionChanged, Sealed, Throttle
from qontable.events.platform import EntryContent, WireJournal, WireLine
from qontable.events.reference import Failure
from qontable.reference import entry_reference
from qontable.sheet import Sheet
from qontable.storage import Storage
from qontable.vault import load_ring
from sandbox.software.registry import rules_of

from ..house import House, dispatched_entry
from .books import Booked, amounts_of, booked_entries
from .entries import FILE, KINDS
from .terms import SLOWNESS, Terms, terms_of

PATIENCE = 90.0 * SLOWNESS
PAUSE = 0.1
GENEROUS = Throttle(requests=10_000, seconds=10.0, concurrent=50)
PDF = b"%PDF-1.7 a small invoice"
NUMBER = b" %09d"
"""Ends every document, so that no two have the same bytes."""
FIRM = "frm_1"
ENDS = ("confirmed", "rejected", "parked", "recalled")
UNWRITTEN = "to_be_written"
"""The category by which a connector that was just begun says what is to be written next."""


class Blocked(Exception):
    """Nothing can be tried before this is mended."""


def refuse_unwritten(said: SoftwareMessage | Failure | None) -> None:
    """Raises `Blocked` in the words of a method that is not written yet: it is neither a refusal nor a failure."""
    if said and said.category == UNWRITTEN:
        raise Blocked(said.text if isinstance(said, SoftwareMessage) else said.message)


@dataclass
class Bench:
    """A running system that all scenarios of all connectors share."""

    house: House
    control: httpx.AsyncClient
    storage: Storage
    connectors: Mapping[str, Connector]
    secrets: Mapping[str, str]
    crashed: dict[str, tuple["Desk", EntryDispatched]] = field(default_factory=dict)
    uncaught: set[str] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _told: dict[str, list[EntryDeliveryChanged]] = field(default_factory=lambda: defaultdict(list))
    _read: int = 0

    def told_of(self, delivery: EntryDispatched) -> list[EntryDeliveryChanged]:
        """What was said of a delivery, by version; each event is looked at once, however often one asks."""
        heard = self.house.heard
        for event, _ in heard[self._read :]:
            if isinstance(event, EntryDeliveryChanged):
                self._told[event.delivery_id].append(event)
        self._read = len(heard)
        return sorted(self._told[delivery.delivery_id], key=lambda event: event.version)

    async def until(self, query: str, *values: Any) -> None:
        """Wait until a query of the gateways' tables says true."""
        async with asyncio.timeout(PATIENCE):
            while not await self.house.database.fetchval(query, *values):  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(PAUSE)


@dataclass
class Desk:
    """One scenario's own corner of one connector's stand-in."""

    bench: Bench
    sheet: Sheet
    terms: Terms
    name: str
    random: str
    connection_id: str
    code: str
    software_file: str = ""
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def house(self) -> House:
        """Everyone that gateways talk with."""
        return self.bench.house

    @property
    def connector(self) -> str:
        """The connector under test."""
        return self.sheet.connector

    @property
    def key(self) -> str:
        """This firm's key, as the stand-in knows it."""
        return rules_of(self.connector).key.key(self.random)

    async def open_file(self, code: str, **changes: Any) -> str:
        """A software file of this firm's that takes entries of every kind, with these changes to it.

        What entries call it by: its id there, or its code where a software lists no files and people type codes.
        """
        seed = {"connector": self.connector, "firm": self.name, "code": code, "name": f"Durand {code}"}
        made = await self.bench.control.post("/software-files", json=seed | FILE | changes)
        number = made.raise_for_status().json()["software_file_id"]
        known_as = str(number) if self.sheet.lists_software_files else code
        self.numbers[known_as] = number
        return known_as

    async def connect(self, *, version: int = 1, enabled: bool = True) -> None:
        """The connection as the Hub says it; back when the gateway has tried it."""
        await self.house.say(
            ConnectionChanged(
                firm_id=FIRM,
                connection_id=self.connection_id,
                connector=self.connector,
                version=version,
                enabled=enabled,
                sealed=self.sealed(self.random),
                throttle=GENEROUS,
            )
        )
        query = "select true from gateways.connections where connection_id = $1 and version >= $2"
        await self.bench.until(query, self.connection_id, version)
        if enabled:
            query = "select done_at is not null from gateways.jobs where kind = 'probe' and job_id = $1"
            await self.bench.until(query, f"{self.connection_id}:{version}")

    def sealed(self, random: str) -> Sealed:
        """Credentials as the Hub seals them: the wizard's fields of the key made of these random characters."""
        fields = rules_of(self.connector).key.fields(random)
        sealing = load_ring(self.house.world.gateway_keys).sealing_key
        return sealing.seal(fields, firm_id=FIRM, connection_id=self.connection_id)

    def entry(
        self,
        kind: str = "purchase",
        *,
        lines: tuple[WireLine, ...] | None = None,
        documents: tuple[KeptDocument, ...] = (),
        sequence: int = 1,
        software_file: str | None = None,
        again: EntryDispatched | None = None,
        **content: Any,
    ) -> EntryDispatched:
        """An entry of this kind on its way; `again` is an earlier delivery of the same entry."""
        number = next(self.bench.numbers)
        journal, usual = KINDS[kind]
        file_id = again.file_id if again else f"fil_{self.name}_{software_file or self.software_file}"
        entry_id = again.entry.entry_id if again else f"ent_{number}"
        order = dispatched_entry(
            delivery_id=f"dlv_{number}",
            connection_id=self.connection_id,
            file_id=file_id,
            entry_id=entry_id,
            sequence=sequence,
            connector=self.connector,
        )
        values = order.entry.model_dump() | {
            "kind": kind,
            "revision": 2 if again else 1,
            "journal": WireJournal(code=journal),
            "due_date": "2026-04-11",
            "invoice_number": f"FD{number}",
            "document_number": f"P{number}",
            "lines": lines or usual,
        }
        return order.model_copy(
            update={
                "software_file": software_file or self.software_file,
                "reference": entry_reference(EntryRef(FIRM, file_id, entry_id)),
                "ack_code": f"{number:04d}",
                "entry": EntryContent.model_validate(values | content),
                "documents": documents,
                "journal_code": journal,
            }
        )

    async def document(
        self, content: bytes = PDF, name: str = "facture.pdf", media_type: str = "application/pdf"
    ) -> KeptDocument:
        """A document in storage. Equal bytes are made different, as two invoices are."""
        number = next(self.bench.numbers)
        whole = content and content + NUMBER % number
        key = f"conformance/{self.connector}/{number}"
        await self.bench.storage.put(key, whole)
        return KeptDocument(
            document_id=f"doc_{number}",
            file_name=name,
            media_type=media_type,
            size=len(whole),
            sha256=sha256(whole).hexdigest(),
            storage_key=key,
        )

    async def ends(self, delivery: EntryDispatched, among: Collection[str] = ENDS) -> EntryDeliveryChanged:
        """The state that a delivery comes to rest in, waited for."""
        clock = asyncio.get_running_loop().time
        gives_up = clock() + PATIENCE
        while True:
            told = self.bench.told_of(delivery)
            if told:
                refuse_unwritten(told[-1].message)
                if told[-1].state in among:
                    return told[-1]
            assert clock() < gives_up, f"rests nowhere: {[(event.state, event.message) for event in told]}"
            await asyncio.sleep(PAUSE)

    async def settles(self, delivery: EntryDispatched) -> EntryDeliveryChanged:
        """The end of a delivery; what only a person can decide is answered as the books have it."""
        ended = await self.ends(delivery)
        if ended.state != "parked":
            return ended
        assert not (self.sheet.unique_references.value and self._is_sure), "parked though it could have been asked"
        answer = "in_books" if await self.books(delivery.software_file) else "not_in_books"
        await self.house.resolve(delivery, answer)
        return await self.ends(delivery, ("confirmed", "rejected"))

    @property
    def _is_sure(self) -> bool:
        return self.sheet.unique_references.evidence != "assumed"

    async def books(self, software_file: str | None = None) -> list[Booked]:
        """What stands in the books of a software file."""
        return await booked_entries(self.house.database, self.numbers[software_file or self.software_file])

    async def is_booked_once(self, delivery: EntryDispatched) -> Booked:
        """Say it, and have it in the books: once, to the cent. The software file holds nothing else."""
        await self.house.say(delivery)
        return await self.ends_booked_once(delivery)

    async def ends_booked_once(self, delivery: EntryDispatched) -> Booked:
        """As `is_booked_once`, of one that was said already."""
        ended = await self.settles(delivery)
        assert ended.state == "confirmed", ended.message
        (booked,) = await self.books(delivery.software_file)
        assert booked.amounts == amounts_of(delivery.entry.lines)
        return booked

    async def is_booked_with(self, delivery: EntryDispatched) -> tuple[str, ...]:
        """As `is_booked_once`, with each of its documents, which some softwares fetch later; their names there."""
        await self.is_booked_once(delivery)
        async with asyncio.timeout(PATIENCE):
            while True:
                (booked,) = await self.books(delivery.software_file)
                if len(booked.documents) >= len(delivery.documents):
                    break
                await asyncio.sleep(PAUSE)
        assert len(booked.documents) == len(delivery.documents), booked.documents
        return booked.documents

    async def is_returned(self, delivery: EntryDispatched) -> EntryDeliveryChanged:
        """Say it, and have it back with a remedy in both languages, whether the software had words for it or not."""
        await self.house.say(delivery)
        ended = await self.settles(delivery)
        assert ended.state == "rejected", f"{ended.state}, not returned"
        message = ended.message
        assert message, "returned without a word"
        assert all([message.category, message.remedy["fr"], message.remedy["en"]]), message
        return ended

    @asynccontextmanager
    async def struck(self, operation: str, kind: str, *, surely: bool = True, **more: Any) -> AsyncIterator[None]:
        """A fault strikes this desk's requests of an operation inside the block: once, or as often as said."""
        number = await self.order(operation, kind, **more)
        yield
        faults = {fault["id"]: fault for fault in (await self.bench.control.get("/faults")).json()["faults"]}
        await self.bench.control.delete(f"/faults/{number}")
        assert faults[number]["struck"] or not surely, f"{kind} never struck {operation}"

    async def order(self, operation: str, kind: str, **more: Any) -> int:
        """Order a fault for this desk's requests of an operation: once, or as often as said; its number."""
        order = {"connector": self.connector, "kind": kind, "route": self.terms.routes[operation], "token": self.key}
        late = {"seconds": more["seconds"] * SLOWNESS} if "seconds" in more else {}
        ordered = await self.bench.control.post("/faults", json=order | {"count": 1} | more | late)
        return int(ordered.raise_for_status().json()["id"])

    async def change_key(self, **changes: Any) -> None:
        """Change what the stand-in thinks of this desk's key."""
        body = {"connector": self.connector, "token": self.key} | changes
        (await self.bench.control.patch("/tokens", json=body)).raise_for_status()

    async def close(self, kind: str, *, closed: bool) -> None:
        """Have the software refuse every entry of this kind, or take it again: by whatever can be closed in it."""
        journal, lines = KINDS[kind]
        ways = {
            "account": f"accounts/{next(line.account for line in lines if line.subsidiary is None)}",
            "journal": f"journals/{journal}",
            "fiscal_year": f"fiscal-years/{FILE['fiscal_years'][0]['start']}",
        }
        way = next(path for name, path in ways.items() if name in rules_of(self.connector).closes)
        path = f"/software-files/{self.connector}/{self.code}/{way}"
        (await self.bench.control.patch(path, json={"closed": closed})).raise_for_status()


async def open_desk(bench: Bench, connector: str, *, connect: bool = True) -> Desk:
    """A desk with a file and a connection of its own."""
    number = next(bench.numbers)
    terms = terms_of(connector)
    desk = Desk(
        bench=bench,
        sheet=bench.connectors[connector].sheet,
        terms=terms,
        name=f"cabinet{number}",
        random=sha256(f"{connector} {number}".encode()).hexdigest(),
        connection_id=f"con_{number}",
        code=f"DOS{number}",
    )
    desk.software_file = await desk.open_file(desk.code)
    key = {"connector": connector, "firm": desk.name, "token": desk.key, "secret": bench.secrets[connector]}
    used = {"activated": connect} | GENEROUS.model_dump()
    (await bench.control.post("/tokens", json=key | used)).raise_for_status()
    if connect:
        await desk.connect()
    return desk
