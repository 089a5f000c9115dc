"""What a service forgets: rows that no rule of the house needs any more, in bounded portions (docs/retention.md).

What is not named here or in a service's own rules is kept.
"""

from dataclasses import dataclass

from qontable.database import Connection

PORTION = 5_000


@dataclass(frozen=True, slots=True)
class Retention:
    """Rows of `table` that may go: where `over` holds, `days` after `since`; `reason` says why nobody needs them.

    `over` and `since` are SQL over the table's own row; without `since` rows go as soon as they are over.
    """

    table: str
    reason: str
    over: str = "true"
    since: str | None = None
    days: int = 0


KIT = (
    Retention("inbox", "older than any topic or replay could bring back", since="received_at", days=45),
    Retention(
        "set_aside",
        "replayed or closed by a person; what is open is kept however old it is",
        over="coalesce(closed_at, replayed_at) is not null",
        since="greatest(closed_at, replayed_at)",
        days=400,
    ),
)
"""What every service forgets."""


async def forget(connection: Connection, rule: Retention, portion: int = PORTION) -> int:
    """Delete one portion of what a rule lets go, leaving rows that others hold; how many rows went."""
    age = f"and {rule.since} < now() - make_interval(days => $2)" if rule.since else "and $2 = 0"
    done: str = await connection.execute(
        f"""
        delete from {rule.table} where ctid = any(array(
            select ctid from {rule.table} where {rule.over} {age} limit $1 for update skip locked
        ))
        """,  # noqa: S608 - rules are our own words
        portion,
        rule.days,
    )
    return int(done.rpartition(" ")[2])
