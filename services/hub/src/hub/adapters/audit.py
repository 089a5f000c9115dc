"""The audit log's rows, which are only ever added."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.domain.act import Act
from hub.domain.cursor import write_cursor
from qontable.database import Connection as Db


async def note(db: Db, firm_id: str, user_id: str, action: str, details: Mapping[str, Mapping[str, Any]]) -> None:
    """Add a line per subject, with its details, within the caller's transaction: what was not done is not noted."""
    await db.execute(
        """
        insert into audit (firm_id, user_id, action, subject, details)
        select $1, $2, $3, subject, details from unnest($4::text[], $5::jsonb[]) as deeds (subject, details)
        """,
        firm_id,
        user_id,
        action,
        list(details),
        list(details.values()),
    )


async def list_acts(
    db: Db, firm_id: str, *, before: int | None, subject: str | None, limit: int
) -> tuple[list[Act], str | None]:
    """A page of the log, latest first, and the cursor of the next page."""
    rows = await db.fetch(
        """
        select id, at, user_id, action, subject, details from audit
        where firm_id = $1 and ($2::bigint is null or id < $2) and ($3::text is null or subject = $3)
        order by id desc limit $4
        """,
        firm_id,
        before,
        subject,
        limit + 1,
    )
    following = write_cursor(str(rows[limit - 1]["id"])) if len(rows) > limit else None
    return [Act.model_validate(dict(row)) for row in rows[:limit]], following


async def list_acts_on(db: Db, firm_id: str, file_id: str, subjects: Sequence[str]) -> list[Act]:
    """What people did about things of one client file, latest first; the latest hundred."""
    rows = await db.fetch(
        """
        select at, user_id, action, subject, details from audit
        where firm_id = $1 and subject = any($2::text[]) and details ->> 'file_id' = $3
        order by id desc limit 100
        """,
        firm_id,
        list(subjects),
        file_id,
    )
    return [Act.model_validate(dict(row)) for row in rows]
