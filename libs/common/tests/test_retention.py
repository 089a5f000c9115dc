"""What no rule needs any more is forgotten, a portion at a time; what somebody still has to do is not."""

from typing import Any

from qontable.retention import Retention, forget


async def _aside(desk: Any, reason: str, ended: str, days: int) -> None:
    await desk.database.pool.execute(
        f"""
        insert into set_aside (consumer, topic, headers, reason, {ended})
        values ('kept', 'kit.kept', '[]', $1, now() - make_interval(days => $2))
        """,
        reason,
        days,
    )


async def test_what_was_set_aside_is_forgotten_long_after_it_was_settled_and_never_while_it_is_open(desk: Any) -> None:
    for reason, ended, days in (
        ("open", "set_aside_at", 4_000),
        ("closed lately", "closed_at", 399),
        ("closed", "closed_at", 401),
        ("replayed", "replayed_at", 401),
    ):
        await _aside(desk, reason, ended, days)

    async def kept() -> bool:
        return sorted(row["reason"] for row in await desk.aside("kit.kept")) == ["closed lately", "open"]

    async with desk.running():
        await desk.eventually(kept)


async def test_a_portion_is_all_that_is_forgotten_at_once(desk: Any) -> None:
    await desk.database.pool.execute("create table if not exists forgotten (number integer)")
    await desk.database.pool.execute("insert into forgotten select generate_series(1, 5)")
    rule = Retention("forgotten", "a test's own")
    async with desk.database.transaction() as connection:
        assert [await forget(connection, rule, 2) for _ in range(3)] == [2, 2, 1]
