"""Lines of the books as look-ups by their own fields see them, entry by entry."""

import datetime
from dataclasses import dataclass
from decimal import Decimal

from qontable.database import Connection


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A line with what its entry says. `general` is its general account, `third` the third party's code."""

    id: int
    reference: str | None
    pending: bool
    journal: str
    date: datetime.date
    general: str
    third: str | None
    label: str
    piece: str | None
    invoice_number: str | None
    debit: Decimal
    credit: Decimal
    due_date: datetime.date


async def look_up(
    connection: Connection,
    file_id: int,
    *,
    reference: str | None = None,
    journal: str | None = None,
    piece: str | None = None,
) -> list[LookedUp]:
    """Lines that look-ups show by now on the file's clock, in the order of booking; None matches everything."""
    rows = await connection.fetch(
        """
        select line.id, entry.reference, entry.pending, journal.code as journal, entry.date,
               coalesce(line.general, account.collective, account.number) as general,
               case when account.collective is null then null else account.number end as third,
               line.label, line.piece, line.invoice_number, line.debit, line.credit, line.due_date
        from booked_entries entry
        join software_journals journal on journal.id = entry.journal_id
        join booked_lines line on line.entry_id = entry.id
        join software_accounts account on account.id = line.account_id
        where entry.software_file_id = $1 and entry.shown_at <= software_now($1)
            and ($2::text is null or entry.reference = $2)
            and ($3::text is null or journal.code = $3)
            and ($4::text is null or line.piece = $4)
        order by entry.id, line.number
        """,
        file_id,
        reference,
        journal,
        piece,
    )
    return [LookedUp(**row) for row in rows]
