"""Why entries came back: each cause in the words in which it was told."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from asyncpg import Record

from hub.domain.entry import PLATFORM_PATIENCE, Cause, CauseCount, Entry
from qontable.database import Connection as Db

MOST_WORDINGS = 3
"""Of one cause; the others are counted."""


async def list_causes(db: Db, firm_id: str, file_id: str, counts: Sequence[CauseCount]) -> list[Cause]:
    """These causes of a file's entries to verify, in their order, with the entries that have the words."""
    rows = await db.fetch(
        """
        with worded as (
            select cause,
                case when message is null then findings -> 0 ->> 'message' else message ->> 'text' end as words,
                count(*) as entries, min(entry_id) as sample, count(*) filter (
                    where (corrected_revision = revision and corrected_at > now() - $4::interval) is not true
                ) as open
            from entry where firm_id = $1 and file_id = $2 and status = 'to_verify' and cause = any($3::text[])
            group by cause, words
        ), ranked as (
            select sample, row_number() over (partition by cause order by open desc, entries desc, sample) as place,
                sum(open) over of_cause::bigint as open, count(*) over of_cause as wordings,
                count(*) filter (where open > 0) over of_cause as open_wordings
            from worded window of_cause as (partition by cause)
        )
        select entry.*, entry_date as date, open, wordings, open_wordings from ranked
        join entry on firm_id = $1 and file_id = $2 and entry_id = sample where place <= $5 order by cause, place
        """,
        firm_id,
        file_id,
        [count.cause for count in counts],
        PLATFORM_PATIENCE,
        MOST_WORDINGS,
    )
    entries = {count.cause: count.entries for count in counts}
    found = {cause.cause: cause for cause in _causes(rows, entries)}
    return [found[count.cause] for count in counts if count.cause in found]


def _causes(rows: Sequence[Record], entries: dict[str, int]) -> Iterator[Cause]:
    for name, of_cause in groupby(rows, lambda row: row["cause"]):
        first, *others = of_cause
        yield Cause(
            name,
            entries=entries[name],
            open=first["open"],
            wordings=first["wordings"],
            open_wordings=first["open_wordings"],
            samples=tuple(Entry.model_validate(dict(row)) for row in (first, *others)),
        )
