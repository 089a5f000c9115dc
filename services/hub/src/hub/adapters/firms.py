"""Firms and their members."""

from collections.abc import Sequence

from hub.adapters.batch import columns, latest
from hub.domain.firm import Firm, Member
from qontable.database import Connection as Db
from qontable.events.platform import FirmCreated


async def keep_firms(db: Db, events: Sequence[FirmCreated]) -> None:
    """Keep what the platform says of firms, and each one's first administrator as its member."""
    kept = latest(events, lambda event: event.firm_id, lambda event: event.version)
    rows = [(event.firm_id, event.version, event.name, event.siren, event.administrator.user_id) for event in kept]
    await db.execute(
        """
        insert into firm (firm_id, version, name, siren, first_administrator)
        select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[])
        on conflict (firm_id) do update set
            version = excluded.version, name = excluded.name, siren = excluded.siren,
            first_administrator = excluded.first_administrator
        where firm.version < excluded.version
        """,
        *columns(rows),
    )
    people = [(event.firm_id, *_identity(event)) for event in kept]
    await db.execute(
        """
        insert into member (firm_id, user_id, name, email, role)
        select firm_id, user_id, name, email, 'administrator'
        from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as first (firm_id, user_id, name, email)
        on conflict do nothing
        """,
        *columns(people),
    )


def _identity(event: FirmCreated) -> tuple[str, str, str]:
    return event.administrator.user_id, event.administrator.name, event.administrator.email


async def find_firm(db: Db, firm_id: str) -> Firm | None:
    """The firm, if its `firm.created` has arrived."""
    row = await db.fetchrow("select firm_id, name, siren from firm where firm_id = $1", firm_id)
    return Firm.model_validate(dict(row)) if row else None


async def last_firm(db: Db) -> str | None:
    """The firm that became known last, among all of the house."""
    firm_id: str | None = await db.fetchval("select firm_id from firm order by known_at desc limit 1")
    return firm_id


async def first_administrator(db: Db, firm_id: str) -> str | None:
    """The user id of the firm's first administrator."""
    user_id: str | None = await db.fetchval("select first_administrator from firm where firm_id = $1", firm_id)
    return user_id


async def keep_member(db: Db, firm_id: str, member: Member) -> None:
    """Make a person known, or known better: the platform is who says what people are called and may do."""
    await db.execute(
        """
        insert into member (firm_id, user_id, name, email, role) values ($1, $2, $3, $4, $5)
        on conflict (firm_id, user_id) do update set
            name = excluded.name, email = excluded.email, role = excluded.role
        """,
        firm_id,
        member.user_id,
        member.name,
        member.email,
        member.role,
    )


async def find_member(db: Db, firm_id: str, user_id: str) -> Member | None:
    """One member of the firm."""
    row = await db.fetchrow(
        "select user_id, name, email, role from member where firm_id = $1 and user_id = $2", firm_id, user_id
    )
    return Member.model_construct(**row) if row else None


async def list_members(db: Db, firm_id: str) -> list[Member]:
    """Every member of the firm, by name."""
    rows = await db.fetch(
        "select user_id, name, email, role from member where firm_id = $1 order by name, user_id", firm_id
    )
    return [Member.model_construct(**row) for row in rows]
