"""A transaction of one firm sees that firm; failures are told from data."""

from typing import Any

import asyncpg
import pytest

from qontable import database
from qontable.database import UNREACHABLE, Database

POLICY = """
create table letter (firm_id text not null, text text not null);
alter table letter enable row level security;
alter table letter force row level security;
create policy own_firm on letter using (
    current_setting('qontable.scope', true) = 'service' or firm_id = current_setting('qontable.firm_id', true)
);
insert into letter values ('frm_1', 'one'), ('frm_2', 'two');
"""


async def test_a_pool_for_firms_sees_the_named_firm_only_and_nothing_without_one(desk: Any) -> None:
    await desk.database.pool.execute(POLICY)
    firms = await Database.connect(desk.settings().database_url, scope="firm")
    try:
        read = "select array_agg(text order by text) from letter"
        async with firms.transaction(firm_id="frm_1") as connection:
            assert await connection.fetchval(read) == ["one"]
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("insert into letter values ('frm_2', 'forged')")
        async with firms.transaction() as connection:
            assert await connection.fetchval(read) is None
        assert await desk.database.pool.fetchval(read) == ["one", "two"]
    finally:
        await firms.close()


async def test_a_firm_named_in_one_transaction_is_not_named_in_the_next_on_the_same_connection(desk: Any) -> None:
    firms = await Database.connect(desk.settings().database_url, scope="firm", connections=1)
    try:
        async with firms.transaction(firm_id="frm_1") as connection:
            assert await connection.fetchval("select current_setting('qontable.firm_id', true)") == "frm_1"
        async with firms.transaction() as connection:
            assert await connection.fetchval("select current_setting('qontable.firm_id', true)") == ""
    finally:
        await firms.close()


async def test_json_columns_take_and_give_python_objects(desk: Any) -> None:
    value = {"label": "déjà", "amounts": ["1.00", None], "deep": {"x": [1, 2]}}
    assert await desk.database.pool.fetchval("select $1::jsonb", value) == value


@pytest.mark.parametrize(
    "statement",
    [
        "select * from not_migrated_yet",
        "select not_migrated_yet from inbox",
        "select pg_terminate_backend(pg_backend_pid())",
        "set statement_timeout = 1; select pg_sleep(1)",
    ],
)
async def test_failures_of_the_surroundings_are_told_from_data(desk: Any, statement: str) -> None:
    connection = await asyncpg.connect(desk.settings().database_url)
    with pytest.raises(UNREACHABLE):
        await connection.execute(statement)
    await connection.close()


async def test_a_process_that_is_stopped_inside_a_transaction_loses_its_locks_and_may_try_again(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LONGEST_IDLE_SECONDS", 1)
    own = await Database.connect(desk.settings().database_url)
    with pytest.raises(UNREACHABLE):
        async with own.transaction() as connection:
            await connection.execute("lock table inbox")
            async with desk.database.transaction() as other:
                await other.execute("lock table inbox")
            await connection.execute("select 1")
    await own.close()


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("select $1::text", "a\x00b"),
        ("select $1::integer", 2**40),
        ("select $1::text::integer", "twelve"),
        ("insert into inbox (consumer, source, event_id) values ($1, '', '')", "no hash"),
    ],
)
async def test_what_the_schema_refuses_is_data(desk: Any, statement: str, value: object) -> None:
    with pytest.raises((asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)) as refused:
        await desk.database.pool.execute(statement, value)
    assert not isinstance(refused.value, UNREACHABLE)
