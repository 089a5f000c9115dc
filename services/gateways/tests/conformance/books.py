"""What stands in the books of a stand-in software, whatever the vendor: read from its tables."""

from dataclasses import dataclass
from decimal import Decimal

import asyncpg

from qontable.events.platform import WireLine


@dataclass(frozen=True, slots=True)
class BookedLine:
    """A line in the books. `foreign` is the amount in the line's own currency."""

    account: str
    label: str
    debit: Decimal
    credit: Decimal
    piece: str | None
    invoice_number: str | None
    currency: str
    foreign: Decimal | None
    analytic: int


@dataclass(frozen=True, slots=True)
class Booked:
    """An entry in the books, its lines in their order, and the names of its documents."""

    journal: str
    lines: tuple[BookedLine, ...]
    documents: tuple[str, ...]

    @property
    def amounts(self) -> list[tuple[Decimal, Decimal]]:
        """Debit and credit of every line."""
        return sorted((line.debit, line.credit) for line in self.lines)


async def booked_entries(database: asyncpg.Pool, software_file: int) -> list[Booked]:
    """Every entry in the books of a software file, in the order of booking."""
    entries = await database.fetch(
        """
        select entry.id, journal.code from sandbox.booked_entries entry
        join sandbox.software_journals journal on journal.id = entry.journal_id
        where entry.software_file_id = $1 order by entry.id
        """,
        software_file,
    )
    lines = await database.fetch(
        """
        select line.entry_id, account.number as account, line.label, line.debit, line.credit, line.piece,
               line.invoice_number, line.currency, line.foreign_amount as foreign,
               jsonb_array_length(line.analytic) as analytic
        from sandbox.booked_lines line join sandbox.software_accounts account on account.id = line.account_id
        where line.entry_id = any($1::bigint[]) order by line.entry_id, line.number
        """,
        [row["id"] for row in entries],
    )
    documents = await database.fetch(
        "select entry_id, name from sandbox.booked_documents where entry_id = any($1::bigint[]) order by id",
        [row["id"] for row in entries],
    )
    return [
        Booked(
            journal=row["code"],
            lines=tuple(_line(line) for line in lines if line["entry_id"] == row["id"]),
            documents=tuple(item["name"] for item in documents if item["entry_id"] == row["id"]),
        )
        for row in entries
    ]


def _line(row: asyncpg.Record) -> BookedLine:
    return BookedLine(**{name: value for name, value in row.items() if name != "entry_id"})


def amounts_of(lines: tuple[WireLine, ...]) -> list[tuple[Decimal, Decimal]]:
    """Debit and credit of every line that was sent."""
    return sorted((Decimal(line.debit), Decimal(line.credit)) for line in lines)
