"""A firm sees its own data only, whichever way it asks; and of its own people, each only what they may."""

from collections.abc import Iterator
from typing import Any

import asyncpg
import httpx
import orjson
import pytest

from qontable.database import Database
from qontable.events.export import FormatAnnounced

OUTSIDE_FIRMS = {"connector", "export_format", "inbox", "outbox", "set_aside", "schema_migrations", "kit_migrations"}
BODIES: dict[str, dict[str, Any]] = {
    "/connections": {
        "connector": "ledgerly",
        "fields": {"api_key": "abcdefgh", "server": "a"},
        "options": {"frequency": "manual", "synchronize_accounts": False},
    },
    "/connections/{connection_id}/credentials": {"fields": {"api_key": "abcdefgh", "server": "a"}},
    "/connections/{connection_id}/mappings": {"mappings": [{"file": "fil", "software_file": "sw1"}]},
    "/connections/{connection_id}/file-creations": {"software_file_ids": ["sw1"]},
    "/connections/{connection_id}/options": {"frequency": "manual", "synchronize_accounts": False},
    "/connections/{connection_id}/throttle": {"requests": 1, "seconds": 1, "concurrent": 1},
    "/files/{file_id}/activation": {"send_from": "2026-01-01", "before_send_from": "wait"},
    "/files/{file_id}/policies": {"create_missing_accounts": True, "possible_duplicates": "ask"},
    "/files/{file_id}/journal-map": {"journal_map": {"A": "B"}},
    "/exports/{export_id}/links": {"name": "ecritures.csv"},
    "/files/{file_id}/entries/{entry_id}/correction": {"revision": 1},
    "/files/{file_id}/entries/{entry_id}/duplicate-answer": {"answer": "distinct"},
    "/files/{file_id}/entries/{entry_id}/creation-answer": {"revision": 1},
    "/files/{file_id}/entries/{entry_id}/resolution": {"delivery_id": "d1", "answer": "drop"},
}
OF_ONES_OWN = {
    "/me",
    "/firm",
    "/members",
    "/tokens",
    "/connectors",
    "/connectors/{connector}",
    "/connections",
    "/files",
    "/audit",
    "/exports",
    "/export-formats",
}
"""Addresses that answer with what is one's own, whoever asks."""
WRITABLE = """
    select column_name as name from information_schema.columns
    where table_schema = 'hub' and table_name = $1 and is_generated = 'NEVER'
"""


async def test_no_address_shows_or_changes_another_firms_data(town: Any, firm: Any, other_firm: Any) -> None:
    ids = await _a_whole_firm(town, firm)
    document = (await other_firm.admin.get("/openapi.json")).json()
    before = await _everything_of(town, firm)
    asked = 0
    for method, path in _operations(document):
        if path == "/firms/{firm_id}/tokens":
            continue
        body = BODIES.get(path, {})
        if path == "/synchronizations":
            body = {"file_ids": [ids["file_id"]]}
        elif path == "/exports" and method == "post":
            body = {"file_ids": [ids["file_id"]], "format": "csv"}
        elif path == "/files/{file_id}/mapping":
            body = {"connection_id": ids["connection_id"], "software_file_id": "sw1"}
        answer = await other_firm.admin.request(
            method, path.format_map(ids), json=body if method in {"put", "post"} else None
        )
        asked += 1
        if path in OF_ONES_OWN and (method, path) != ("post", "/exports"):
            assert answer.status_code in {200, 201}, (method, path, answer.text)
            assert not [value for name, value in ids.items() if name != "connector" and value in answer.text]
        else:
            assert answer.status_code == 404, (method, path, answer.text)
    assert asked > 30
    assert await _everything_of(town, firm) == before


async def test_a_mapping_to_another_firms_connection_is_refused(town: Any, firm: Any, other_firm: Any) -> None:
    ids = await _a_whole_firm(town, firm)
    own_file = await other_firm.add_file("own")
    body = {"connection_id": ids["connection_id"], "software_file_id": "sw1"}
    answer = await other_firm.admin.put(f"/files/{own_file}/mapping", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "connection_unknown")


async def test_every_table_is_guarded_row_by_row(town: Any) -> None:
    tables = await town.rows(
        """
        select relname, relrowsecurity and relforcerowsecurity as guarded from pg_class
        where relnamespace = 'hub'::regnamespace and relkind in ('r', 'p', 'm', 'f')
        """
    )
    unguarded = {row["relname"] for row in tables if not row["guarded"]}
    assert unguarded == {"schema_migrations", "kit_migrations"}
    views = await town.rows(
        "select reloptions from pg_class where relnamespace = 'hub'::regnamespace and relkind = 'v'"
    )
    assert [row["reloptions"] for row in views] == [["security_invoker=true"]]


async def test_no_row_of_another_firm_can_be_written_to_any_table(town: Any, firm: Any, other_firm: Any) -> None:
    await _a_whole_firm(town, firm)
    database = await Database.connect(town.world.database_url("hub"), scope="firm", connections=1)
    tried = set()
    try:
        for table in await _firm_tables(town):
            columns = [row["name"] for row in await town.rows(WRITABLE, table)]
            rows = await town.rows(f"select to_jsonb(t)::text as row from {table} as t where firm_id = $1", firm.id)
            for row in rows[:1]:
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                    async with database.transaction(other_firm.id) as db:
                        await db.execute(
                            f"""
                            insert into {table} ({", ".join(columns)}) overriding system value
                            select {", ".join(columns)} from jsonb_populate_record(null::{table}, $1)
                            """,
                            orjson.loads(row["row"]),
                        )
                tried.add(table)
    finally:
        await database.close()
    assert len(tried) >= 12, tried


async def test_sql_as_one_firm_reaches_no_row_of_another(town: Any, firm: Any, other_firm: Any) -> None:
    await _a_whole_firm(town, firm)
    database = await Database.connect(town.world.database_url("hub"), scope="firm", connections=1)
    try:
        tables = await _firm_tables(town)
        full = [table for table in tables if await town.rows(f"select 1 from {table} where firm_id = $1", firm.id)]
        assert len(full) >= 12, full
        for table in full:
            async with database.transaction(firm.id) as db:
                assert await db.fetchval(f"select count(*) from {table}") > 0
            async with database.transaction() as db:
                assert await db.fetchval(f"select count(*) from {table}") == 0
            async with database.transaction(other_firm.id) as db:
                assert await db.fetchval(f"select count(*) from {table} where firm_id = $1", firm.id) == 0
        async with database.transaction(other_firm.id) as db:
            assert await db.execute("update client_file set name = 'x' where firm_id = $1", firm.id) == "UPDATE 0"
            assert await db.execute("delete from entry where firm_id = $1", firm.id) == "DELETE 0"
            for table in ("inbox", "outbox", "set_aside"):
                assert await db.fetchval(f"select count(*) from {table}") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction(other_firm.id) as db:
                await db.execute(
                    "insert into client_file (firm_id, file_id, version, name) values ($1, 'x', 1, 'x')", firm.id
                )
        await other_firm.add_file("own")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction(other_firm.id) as db:
                await db.execute("update integration set firm_id = $1", firm.id)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction(other_firm.id) as db:
                await db.execute("insert into connector values ('evil', 9, '{}', 'k', 'k')")
    finally:
        await database.close()


@pytest.mark.parametrize("change", ["update audit set action = 'x'", "delete from audit", "truncate audit"])
@pytest.mark.parametrize("scope", ["service", "firm"])
async def test_the_audit_log_is_only_ever_added_to(town: Any, firm: Any, scope: Any, change: str) -> None:
    database = await Database.connect(town.world.database_url("hub"), scope=scope, connections=1)
    try:
        with pytest.raises(asyncpg.RaiseError):
            async with database.transaction(firm.id) as db:
                await db.execute(change)
    finally:
        await database.close()


async def test_collaborators_work_but_do_not_touch_connections_tokens_or_the_audit_log(town: Any, firm: Any) -> None:
    file_id, connection_id = await firm.active_file()
    async with town.client(await firm.token("usr_zoe", "collaborator")) as zoe:
        assert (await zoe.get("/me")).json()["member"]["role"] == "collaborator"
        refused = [
            await zoe.post("/connections", json=BODIES["/connections"]),
            await zoe.put(f"/connections/{connection_id}/credentials", json={"fields": {"api_key": "a"}}),
            await zoe.put(
                f"/connections/{connection_id}/options", json={"frequency": "manual", "synchronize_accounts": False}
            ),
            await zoe.delete(f"/connections/{connection_id}/throttle"),
            await zoe.post(f"/connections/{connection_id}/disable"),
            await zoe.get("/audit"),
            await zoe.get("/tokens"),
        ]
        assert {answer.json()["code"] for answer in refused} == {"administrators_only"}
        assert (await zoe.post("/synchronizations", json={"file_ids": [file_id]})).status_code == 202
    acts = (await firm.admin.get("/audit", params={"subject": file_id})).json()["acts"]
    assert (acts[0]["user_id"], acts[0]["action"]) == ("usr_zoe", "file.synchronized")


async def test_a_token_ends_when_it_is_revoked_or_its_time_is_over(town: Any, firm: Any) -> None:
    async with town.client(await firm.token("usr_zoe", "collaborator")) as zoe:
        assert (await zoe.get("/me")).status_code == 200
        listed = (await firm.admin.get("/tokens")).json()["tokens"]
        of_zoe = next(token["token_id"] for token in listed if token["user_id"] == "usr_zoe")
        assert (await firm.admin.delete(f"/tokens/{of_zoe}")).status_code == 204
        ended = await zoe.get("/me")
        assert (ended.status_code, ended.json()["code"]) == (401, "token_refused")
        assert ended.headers["www-authenticate"] == "Bearer"
    async with town.client(await firm.token("usr_zoe", "collaborator")) as zoe:
        await town.rows("update api_token set expires_at = now() where user_id = 'usr_zoe' and firm_id = $1", firm.id)
        assert (await zoe.get("/me")).json()["code"] == "token_refused"


async def test_only_the_platform_is_given_tokens(town: Any, firm: Any) -> None:
    path = f"/firms/{firm.id}/tokens"
    for bearer in ("guessed", "é" * 30, firm.admin.headers["authorization"].removeprefix("Bearer ")):
        headers = {"Authorization": f"Bearer {bearer}".encode()}
        assert (await firm.admin.post(path, json={}, headers=headers)).json()["code"] == "platform_refused"
    async with httpx.AsyncClient(base_url=str(firm.admin.base_url)) as nobody:
        assert (await nobody.post(path, json={})).json()["code"] == "token_missing"
        assert (await nobody.get("/files")).json()["code"] == "token_missing"
    async with town.client(town.platform_secret) as platform:
        assert (await platform.get("/files")).json()["code"] == "token_refused"
        unknown = await platform.post("/firms/frm_nobody/tokens", json={})
        assert (unknown.status_code, unknown.json()["code"]) == (404, "firm_unknown")


async def _a_whole_firm(town: Any, firm: Any) -> dict[str, str]:
    """A firm with a row in every table; the ids by which others could try to reach it."""
    file_id, connection_id = await firm.active_file()
    await firm.tell(
        firm.status(file_id, "ent_1", status="sending", delivery_id="d1", delivery_state="parked"),
        firm.status(file_id, "ent_2", status="to_verify"),
    )
    await firm.admin.post(f"/files/{file_id}/refresh")
    check = (await firm.admin.post(f"/connections/{connection_id}/checks", json={})).json()
    token = (await firm.admin.get("/tokens")).json()["tokens"][0]
    await town.announce_formats(FormatAnnounced(format="csv", version=1, title="CSV", file_name="ecritures.csv"))
    asked = await firm.admin.post("/exports", json={"file_ids": [file_id], "format": "csv"})
    return {
        "connection_id": connection_id,
        "check_id": check["check_id"],
        "file_id": file_id,
        "entry_id": "ent_1",
        "token_id": token["token_id"],
        "export_id": asked.json()["exports"][0]["export_id"],
        "connector": town.sheet.connector,
    }


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for path, operations in document["paths"].items():
        for method in operations:
            yield method, path


async def _firm_tables(town: Any) -> list[str]:
    rows = await town.rows("select tablename from pg_tables where schemaname = 'hub'")
    return sorted({row["tablename"] for row in rows} - OUTSIDE_FIRMS)


async def _everything_of(town: Any, firm: Any) -> dict[str, list[dict[str, Any]]]:
    return {
        table: await town.rows(f"select * from {table} as row where firm_id = $1 order by row::text", firm.id)
        for table in await _firm_tables(town)
    }
