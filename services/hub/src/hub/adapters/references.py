"""Where each file's reference data stands: the refresh asked for last, and the version that arrived last."""

from collections.abc import Sequence
from typing import Any

from hub.adapters.batch import columns
from hub.domain.client_file import Refresh
from hub.domain.reference import Applied, Held
from qontable.database import Connection as Db
from qontable.events.reference import AccountsFetched, AccountsRefreshRequested

PATIENCE_MINUTES = 15
"""A refresh that has not ended by then is taken for lost: another may be asked for, and others' results count."""


async def find_refresh(db: Db, firm_id: str, file_id: str) -> Refresh:
    """Where the file's refresh stands."""
    row = await db.fetchrow(
        """
        select state, refresh_id, asked_at, asked_by, ended_at, failure, version, refreshed_at,
            coalesce(changes, '{}') as changes
        from reference_state where firm_id = $1 and file_id = $2
        """,
        firm_id,
        file_id,
    )
    return Refresh.model_validate(dict(row)) if row else Refresh(state="never")


async def find_refreshes(db: Db, firm_id: str, file_ids: Sequence[str]) -> dict[str, Refresh]:
    """File → where its refresh stands."""
    rows = await db.fetch(
        """
        select file_id, state, refresh_id, asked_at, asked_by, ended_at, failure, version, refreshed_at,
            coalesce(changes, '{}') as changes
        from reference_state where firm_id = $1 and file_id = any($2::text[])
        """,
        firm_id,
        list(file_ids),
    )
    found = {row["file_id"]: Refresh.model_validate(dict(row)) for row in rows}
    return {file_id: found.get(file_id, Refresh(state="never")) for file_id in file_ids}


async def keep_request(db: Db, request: AccountsRefreshRequested, asked_by: str) -> bool:
    """Note that a refresh was asked for; false when one is under way, which then stands for this one too."""
    done = await db.fetchval(
        """
        insert into reference_state (firm_id, file_id, state, refresh_id, asked_at, asked_by, software_file_id)
        values ($1, $2, 'asked', $3, $4, $5, $6)
        on conflict (firm_id, file_id) do update set
            state = 'asked', refresh_id = excluded.refresh_id, asked_at = excluded.asked_at,
            asked_by = excluded.asked_by, retrieved_at = null, ended_at = null, failure = null
        where reference_state.state not in ('asked', 'retrieved') or reference_state.asked_at is null
            or reference_state.asked_at < now() - make_interval(mins => $7)
        returning true
        """,
        request.firm_id,
        request.file_id,
        request.refresh_id,
        request.requested_at,
        asked_by,
        request.software_file_id,
        PATIENCE_MINUTES,
    )
    return bool(done)


async def forget_version(db: Db, firm_id: str, file_id: str) -> None:
    """The file is tied elsewhere: what arrived before is not that software file's."""
    await db.execute("delete from reference_state where firm_id = $1 and file_id = $2", firm_id, file_id)


async def keep_ends(db: Db, events: Sequence[AccountsFetched]) -> None:
    """Note how retrievals ended: everything is there, or why not. Others do not overwrite one that a person waits for.

    `events` are closing records and failures; those of a software file that the file is no longer tied to are history.
    """
    last = {(event.firm_id, event.file_id): event for event in events}
    await db.execute(
        """
        insert into reference_state as held
            (firm_id, file_id, refresh_id, software_file_id, state, failure, retrieved_at, ended_at)
        select firm_id, file_id, refresh_id, software_file_id,
            case when failure is null then 'retrieved' else 'failed' end, failure, retrieved_at,
            case when failure is null then null else now() end
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::timestamptz[])
            as said (firm_id, file_id, refresh_id, software_file_id, failure, retrieved_at)
        join integration using (firm_id, file_id, software_file_id)
        on conflict (firm_id, file_id) do update set
            refresh_id = excluded.refresh_id, failure = excluded.failure, retrieved_at = excluded.retrieved_at,
            state = case when held.refreshed_at >= excluded.retrieved_at then 'refreshed' else excluded.state end,
            ended_at = case when held.refreshed_at >= excluded.retrieved_at then now() else excluded.ended_at end
        where held.refresh_id = excluded.refresh_id or held.state not in ('asked', 'retrieved')
            or held.asked_at is null or held.asked_at < now() - make_interval(mins => $7)
        """,
        *columns([_end(event) for event in last.values()]),
        PATIENCE_MINUTES,
    )


async def keep_versions(db: Db, applied: Sequence[Applied]) -> None:
    """Note versions of reference data, and the end of the refreshes that brought them."""
    held = await _held(db, applied)
    news = [(item, before) for item in applied if item.is_news(before := held.get((item.firm_id, item.file_id)))]
    if not news:
        return
    await db.execute(
        """
        insert into reference_state as held
            (firm_id, file_id, state, software_file_id, version, refreshed_at, changes)
        select firm_id, file_id, 'refreshed', software_file_id, said.version, refreshed_at, changes
        from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::jsonb[])
            as said (firm_id, file_id, software_file_id, version, refreshed_at, changes)
        join integration using (firm_id, file_id, software_file_id)
        on conflict (firm_id, file_id) do update set
            version = excluded.version, refreshed_at = excluded.refreshed_at, changes = excluded.changes
        where held.version <= excluded.version
        """,
        *columns([_version(item, before) for item, before in news]),
    )
    await db.execute(
        """
        update reference_state set state = 'refreshed', failure = null, ended_at = now()
        from unnest($1::text[], $2::text[]) as ended (firm_id, file_id)
        where reference_state.firm_id = ended.firm_id and reference_state.file_id = ended.file_id
        """,
        [item.firm_id for item, before in news if not (before and before.pending)],
        [item.file_id for item, before in news if not (before and before.pending)],
    )


async def _held(db: Db, applied: Sequence[Applied]) -> dict[tuple[str, str], Held]:
    """What is held of these files, locked.

    A refresh ends with the version whose fetch did not begin before its own (both instants are the gateway's); while
    its closing record is on its way nobody knows, and that record will end it.
    """
    rows = await db.fetch(
        """
        select firm_id, file_id, held.version, held.refreshed_at, coalesce(held.changes, '{}') as changes,
            coalesce(held.asked_at > now() - make_interval(mins => $4) and (
                held.state = 'asked' or held.state = 'retrieved' and held.retrieved_at > said.refreshed_at
            ), false) as pending
        from reference_state as held
        join unnest($1::text[], $2::text[], $3::timestamptz[]) as said (firm_id, file_id, refreshed_at)
            using (firm_id, file_id)
        for update of held
        """,
        *columns([(item.firm_id, item.file_id, item.refreshed_at) for item in applied]),
        PATIENCE_MINUTES,
    )
    return {
        (row["firm_id"], row["file_id"]): Held(row["version"], row["refreshed_at"], row["changes"], row["pending"])
        for row in rows
    }


def _end(event: AccountsFetched) -> tuple[Any, ...]:
    failure = event.failure.model_dump() if event.failure else None
    began = event.closing.started_at if event.closing else None
    return event.firm_id, event.file_id, event.refresh_id, event.software_file_id, failure, began


def _version(item: Applied, held: Held | None) -> tuple[Any, ...]:
    changes = item.changes(held)
    return item.firm_id, item.file_id, item.software_file_id, item.version, item.refreshed_at, changes
