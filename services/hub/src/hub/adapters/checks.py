"""Trials of credentials."""

from collections.abc import Sequence
from typing import Any

from hub.adapters.batch import columns, json_list
from hub.domain.connection import Check, CheckPurpose
from qontable.database import Connection as Db
from qontable.events.connector import ConnectionChecked
from qontable.events.hub import ConnectionCheckRequested, Sealed

KEPT_HOURS = 24


async def insert_check(db: Db, request: ConnectionCheckRequested, *, purpose: CheckPurpose, requested_by: str) -> None:
    """Keep a check that was asked for; only the box of credentials that may be confirmed is kept with it."""
    sealed = request.sealed if purpose == "credentials" else None
    await db.execute(
        """
        insert into connection_check
            (check_id, firm_id, connection_id, purpose, software_file_id, key_id, box, parameters, requested_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        request.check_id,
        request.firm_id,
        request.connection_id,
        purpose,
        request.software_file_id,
        sealed and sealed.key_id,
        sealed and sealed.box,
        request.parameters,
        requested_by,
    )


async def find_check(db: Db, firm_id: str, connection_id: str, check_id: str) -> Check | None:
    """One check of one connection."""
    row = await db.fetchrow(
        """
        select check_id, connection_id, purpose, status, software_file_id, message, software_files, prerequisites,
            requested_at, checked_at, confirmed_at
        from connection_check where firm_id = $1 and connection_id = $2 and check_id = $3
        """,
        firm_id,
        connection_id,
        check_id,
    )
    return Check.model_validate(dict(row)) if row else None


async def latest_trial(db: Db, firm_id: str, connection_id: str) -> Check | None:
    """The last trial of new credentials of a connection."""
    row = await db.fetchrow(
        """
        select check_id, connection_id, purpose, status, software_file_id, message, software_files, prerequisites,
            requested_at, checked_at, confirmed_at
        from connection_check where firm_id = $1 and connection_id = $2 and purpose = 'credentials'
        order by requested_at desc, check_id limit 1
        """,
        firm_id,
        connection_id,
    )
    return Check.model_validate(dict(row)) if row else None


async def latest_tests(db: Db, firm_id: str, connection_id: str, software_file_ids: Sequence[str]) -> dict[str, Check]:
    """Software file → the last test of its prerequisites."""
    rows = await db.fetch(
        """
        select distinct on (software_file_id) check_id, connection_id, purpose, status, software_file_id, message,
            '[]'::jsonb as software_files, prerequisites, requested_at, checked_at, confirmed_at
        from connection_check where firm_id = $1 and connection_id = $2 and software_file_id = any($3::text[])
        order by software_file_id, requested_at desc
        """,
        firm_id,
        connection_id,
        list(software_file_ids),
    )
    return {row["software_file_id"]: Check.model_validate(dict(row)) for row in rows}


async def read_credentials(db: Db, check_id: str) -> tuple[Sealed, dict[str, str]] | None:
    """The box and parameters of a check; nothing once they are forgotten."""
    row = await db.fetchrow(
        "select key_id, box, parameters from connection_check where check_id = $1 and box is not null", check_id
    )
    return (Sealed(key_id=row["key_id"], box=row["box"]), row["parameters"]) if row else None


async def mark_confirmed(db: Db, check: Check) -> None:
    """Note the confirmation, and forget the boxes of this check and of those asked for before it."""
    await db.execute(
        """
        update connection_check set
            box = null, key_id = null,
            confirmed_at = case when check_id = $2 then now() else confirmed_at end
        where connection_id = $1 and (check_id = $2 or (box is not null and requested_at <= $3))
        """,
        check.connection_id,
        check.check_id,
        check.requested_at,
    )


async def forget_left_checks(db: Db) -> None:
    """Forget the boxes of checks that nobody confirmed within a day."""
    await db.execute(
        """
        update connection_check set box = null, key_id = null
        where box is not null and requested_at < now() - make_interval(hours => $1)
        """,
        KEPT_HOURS,
    )


async def known_checks(db: Db, check_ids: Sequence[str]) -> frozenset[str]:
    """Those of the ids that were asked for here."""
    rows = await db.fetch("select check_id from connection_check where check_id = any($1::text[])", list(check_ids))
    return frozenset(row["check_id"] for row in rows)


async def keep_answers(db: Db, events: Sequence[ConnectionChecked]) -> None:
    """Keep the first answer to each check."""
    await db.execute(
        """
        update connection_check as asked set
            status = said.status, message = said.message, software_files = said.software_files,
            prerequisites = said.prerequisites, checked_at = said.checked_at
        from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::jsonb[], $6::jsonb[], $7::timestamptz[])
            as said (firm_id, check_id, status, message, software_files, prerequisites, checked_at)
        where asked.firm_id = said.firm_id and asked.check_id = said.check_id and asked.status = 'pending'
        """,
        *columns([_answer(event) for event in events]),
    )


async def listed_connections(db: Db, check_ids: Sequence[str]) -> dict[str, str]:
    """For checks of credentials already in place: check → connection. What they list holds at once.

    A check of one file's prerequisites lists nothing.
    """
    rows = await db.fetch(
        """
        select check_id, connection_id from connection_check
        where check_id = any($1::text[]) and purpose = 'listing' and status = 'accepted' and software_file_id is null
        order by checked_at
        """,
        list(check_ids),
    )
    return {row["check_id"]: row["connection_id"] for row in rows}


def _answer(event: ConnectionChecked) -> tuple[Any, ...]:
    return (
        event.firm_id,
        event.check_id,
        event.outcome,
        event.message.model_dump() if event.message else None,
        json_list([item.model_dump() for item in event.software_files]),
        json_list([item.model_dump() for item in event.prerequisites]),
        event.checked_at,
    )
