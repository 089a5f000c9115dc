"""What a bench speaks of: firms with their client files, connected and tied, and purchases like those of every day."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from bench.vendors import USUAL, vendor_of
from qontable.clock import now
from qontable.entry import EntryRef
from qontable.events.base import Event
from qontable.events.connector import ConnectorAnnounced
from qontable.events.delivery import EntryDispatched
from qontable.events.hub import ConnectionChanged, ConnectionOptions, FileIntegrationChanged, SoftwareFile, Throttle
from qontable.events.platform import (
    Administrator,
    EntryContent,
    EntryValidated,
    FileCreated,
    FirmCreated,
    WireDocument,
    WireJournal,
    WireLine,
    WireSubsidiary,
    WireVat,
)
from qontable.events.reference import (
    Account,
    AccountsRefreshed,
    FiscalYear,
    ReferenceChanges,
    ReferenceJournal,
    ReferenceRows,
)
from qontable.reference import entry_reference
from qontable.sheet import Sheet
from qontable.vault import SealingKey

SLOW, DEAD = "-of-a-slow-server-", "-of-a-dead-server-"
"""What stands in the token of a firm whose accounting software answers late, or not at all."""
SUPPLIERS = 40
CHART = ReferenceRows(
    accounts=(
        *(Account(number=str(606000 + step * 10), label=f"Achats {step}") for step in range(100)),
        Account(number="445660", label="TVA déductible"),
    ),
    subsidiaries=tuple(
        Account(number=f"401FOURN{number:02}", label=f"Fournisseur {number}") for number in range(SUPPLIERS)
    ),
    journals=(ReferenceJournal(code="AC", label="Achats", type="purchases"),),
    fiscal_years=(FiscalYear(start="2026-01-01", end="2026-12-31"),),
)
LIFTED = 1_000_000
"""Requests per second of a vendor's limit that is none."""


@dataclass(frozen=True, slots=True)
class Client:
    """One client file of a firm, with its connection and its software file."""

    firm_id: str
    file_id: str
    connection_id: str
    software_file_id: str


@dataclass(frozen=True)
class Book:
    """`connections` firms with one connection and `files` client files each; `name` keeps books apart.

    `kind` stands in their tokens.
    """

    name: str
    connections: int
    files: int
    connector: str = USUAL
    kind: str = ""

    @cached_property
    def clients(self) -> tuple[Client, ...]:
        """Every client file."""
        return tuple(
            Client(
                f"frm_{self.name}_{firm}",
                f"fil_{self.name}_{firm}_{file}",
                f"con_{self.name}_{firm}",
                f"{firm}{file:04}",
            )
            for firm in range(self.connections)
            for file in range(self.files)
        )

    def introduced(self, sheet: Sheet, key: SealingKey, concurrent: int) -> Iterator[Event]:
        """Everything that must be known before an entry of this book can leave."""
        yield ConnectorAnnounced(
            connector=self.connector, version=1, sheet=sheet, sealing_key_id=key.key_id, sealing_key=key.public
        )
        for client in {client.firm_id: client for client in self.clients}.values():
            person = Administrator(user_id="usr_1", name="Claire Martin", email="claire@example.org")
            yield FirmCreated(firm_id=client.firm_id, name="Cabinet Martin", administrator=person)
            yield self.connected(client, key, concurrent)
        for client in self.clients:
            yield FileCreated(firm_id=client.firm_id, file_id=client.file_id, name="Menuiserie Durand")
            yield self._tied(client)
            yield _refreshed(client)

    def connected(
        self, client: Client, key: SealingKey, concurrent: int, *, version: int = 1, enabled: bool = True
    ) -> ConnectionChanged:
        """A connection whose vendor's limit is lifted, but for the calls at one time."""
        typed = vendor_of(self.connector).credentials(f"token{self.kind}-of-the-bench")
        return ConnectionChanged(
            firm_id=client.firm_id,
            connection_id=client.connection_id,
            connector=self.connector,
            version=version,
            enabled=enabled,
            sealed=key.seal(typed, firm_id=client.firm_id, connection_id=client.connection_id),
            options=ConnectionOptions(frequency="real_time"),
            throttle=Throttle(requests=LIFTED, seconds=1.0, concurrent=concurrent),
        )

    def entries(self, run: str, count: int, documents: str = "") -> list[EntryValidated]:
        """`count` purchases, file after file in turn; with a document each below `documents`, where that is given."""
        return [
            self._entry(self.clients[number % len(self.clients)], run, number, documents) for number in range(count)
        ]

    def pattern(self, run: str) -> str:
        """What the entries of one run are `like`, for queries."""
        return f"ent\\_{self.name}\\_{run}\\_%"

    def orders(self, run: str, count: int) -> list[EntryDispatched]:
        """The same purchases as entries hands them to a gateway."""
        entries = self.entries(run, count)
        return [
            self._order(self.clients[number % len(self.clients)], entry, number) for number, entry in enumerate(entries)
        ]

    def _tied(self, client: Client) -> FileIntegrationChanged:
        return FileIntegrationChanged(
            firm_id=client.firm_id,
            file_id=client.file_id,
            version=1,
            connection_id=client.connection_id,
            connector=self.connector,
            software_file=SoftwareFile(software_file_id=client.software_file_id, name="Menuiserie Durand"),
            active=True,
            send_from="2026-01-01",
            journal_map={"ACH": "AC"},
        )

    def _order(self, client: Client, entry: EntryValidated, sequence: int) -> EntryDispatched:
        content = EntryContent.model_validate(entry.model_dump(exclude={"validated_by", "validated_at"}))
        return EntryDispatched(
            delivery_id=f"dlv_{entry.entry_id}",
            connector=self.connector,
            connection_id=client.connection_id,
            firm_id=client.firm_id,
            file_id=client.file_id,
            software_file=client.software_file_id,
            sequence=sequence,
            reference=entry_reference(EntryRef(client.firm_id, client.file_id, entry.entry_id)),
            ack_code="A2B3",
            entry=content,
            journal_code="AC",
            dispatched_at=now(),
        )

    def _entry(self, client: Client, run: str, number: int, documents: str) -> EntryValidated:
        supplier = number % SUPPLIERS
        return EntryValidated(
            firm_id=client.firm_id,
            file_id=client.file_id,
            entry_id=f"ent_{self.name}_{run}_{number}",
            revision=1,
            kind="purchase",
            journal=WireJournal(code="ACH", label="Achats"),
            date="2026-03-12",
            due_date="2026-04-11",
            label=f"Fournisseur {supplier} FD-{run}-{number}",
            invoice_number=f"FD-{run}-{number}",
            lines=_lines(supplier),
            documents=(_document(run, number, documents),) if documents else (),
            validated_by="usr_3",
            validated_at=now(),
        )


def _lines(supplier: int) -> tuple[WireLine, ...]:
    third_party = WireSubsidiary(
        code=f"401FOURN{supplier:02}",
        label=f"Fournisseur {supplier}",
        kind="supplier",
        siren="732829320",
        vat_number="FR44732829320",
    )
    label = f"Fournisseur {supplier}"
    return (
        WireLine(
            account="606400", account_label="Fournitures administratives", label=label, debit="100.00", credit="0.00"
        ),
        WireLine(
            account="445660",
            account_label="TVA déductible",
            label="TVA 20 %",
            debit="20.00",
            credit="0.00",
            vat=WireVat(rate="20.00"),
        ),
        WireLine(
            account="401000",
            account_label="Fournisseurs",
            label=label,
            debit="0.00",
            credit="120.00",
            subsidiary=third_party,
            payment_method="VIR",
        ),
    )


def document_body(name: str) -> bytes:
    """The document that the stand-in serves under this name: 48 kB that no other document has."""
    return b"%PDF-1.4\n" + (name.encode() + b"\n").ljust(64, b"-") * 768 + b"%%EOF\n"


def _document(run: str, number: int, documents: str) -> WireDocument:
    name = f"doc_{run}_{number}"
    body = document_body(name)
    return WireDocument(
        document_id=name,
        file_name=f"{name}.pdf",
        media_type="application/pdf",
        bytes=len(body),
        sha256=sha256(body).hexdigest(),
        url=f"{documents}/{name}",
        url_expires_at=now().replace(year=now().year + 1),
    )


def _refreshed(client: Client) -> AccountsRefreshed:
    return AccountsRefreshed(
        firm_id=client.firm_id,
        file_id=client.file_id,
        connection_id=client.connection_id,
        software_file_id=client.software_file_id,
        from_version=0,
        version=1,
        changes=ReferenceChanges(created=CHART),
        refreshed_at=now(),
    )
