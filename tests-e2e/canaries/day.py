"""A day of a firm with canaries in all it types, publishes and books, and with everything that can go wrong."""

import asyncio
import hashlib
import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
from aiokafka import AIOKafkaProducer

from gateways.connectors.registry import load_sheets
from local_stack.passwords import role_password
from local_stack.services import SERVICES
from qontable.envelope import Envelope
from qontable.producer import open_producer
from sandbox.software.registry import rules_of

from .mistakes import make_mistakes, type_wrong_credentials
from .places import BUSINESS, CREDENTIAL, LINK, PARTNER
from .search import Canary
from .sinks import Sinks
from .texts import CODE, FILE, FIRM, IBAN, LABEL, REFUSED_KEY, SIGNATURE, THIRD, USUAL, document, entry

FAULTS = {
    "myunisoft": {
        "POST /entry": ("book_and_cut", "server_error"),
        "GET /entry/id": ("garbage", "refuse_connection"),
        "GET /diary": ("maintenance",),
    },
    "cegid_loop": {"POST /importJson": ("book_and_cut",), "GET /EcritureComptable": ("garbage",)},
    "pennylane": {"POST /file_attachments": ("server_error",), "POST /ledger_entries": ("book_and_cut",)},
}
"""By software: what strikes once on each route; every further one would come after a longer pause."""
OTHERS = tuple(connector for connector in FAULTS if connector != USUAL)
PARTNERS = ("cegid_loop", "myunisoft")
"""Softwares that give us a secret of our own beside the firm's."""
BROKEN_TABLES = {"entries": "revisions", "gateways": "deliveries", "hub": "entry"}
PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Day:
    """What to look for. `never_seen` are canaries that lie in no sink at all, sealed or hashed wherever they are."""

    canaries: list[Canary]
    never_seen: set[str]


async def live_a_day(sinks: Sinks, folder: Path) -> Day:
    """Work, refusals, outages, wrong credentials, bad records, failing documents, database errors, crashes, replay."""
    world = sinks.system.world
    typed = {connector: _typed_key(world.surroundings.partner_secret(connector), connector) for connector in FAULTS}
    database = await asyncpg.connect(world.admin_url)
    producer = await open_producer(world.kafka)
    try:
        await _work(sinks, folder / "morning.jsonl", [f"ent_morning{number}" for number in range(4)], "--wait")
        await asyncio.gather(
            *(_work(sinks, folder / f"{name}.jsonl", [f"ent_{name}"], "--wait", connector=name) for name in OTHERS)
        )
        known = await database.fetch("select token_sha256 from sandbox.software_tokens")
        keys = {_whole_key(world.surroundings.partner_secret(connector), connector) for connector in FAULTS}
        assert {hashlib.sha256(key.encode()).digest() for key in keys} <= {row["token_sha256"] for row in known}
        token = await _sign_in(sinks)
        await make_mistakes(sinks, token)
        await type_wrong_credentials(sinks, token)
        await _bad_records(sinks, producer, database)
        await _database_errors(sinks, producer, database)
        await _outages(sinks, folder, database)
        links, handed_out = await _links(database), await _handed_out(database)
    finally:
        await producer.stop()
        await database.close()
    never = [
        *(
            Canary(f"{connector}: {name}", CREDENTIAL, text)
            for connector, fields in typed.items()
            for name, text in fields.items()
        ),
        Canary("refused key", CREDENTIAL, REFUSED_KEY),
        *(Canary(f"private {name}", CREDENTIAL, text) for name, text in _private_keys(world.gateway_keys).items()),
    ]
    hub = world.settings_env("hub")
    seen = [
        Canary("platform's secret", CREDENTIAL, hub["QONTABLE_HUB_PLATFORM_SECRET"]),
        *(
            Canary(f"partner's secret of {connector}", PARTNER, world.surroundings.partner_secret(connector))
            for connector in PARTNERS
        ),
        Canary("person's token", CREDENTIAL, token),
        *(
            Canary(f"password of {spec.name}", CREDENTIAL, role_password(world.admin_url, spec.name))
            for spec in SERVICES
        ),
        Canary("label", BUSINESS, LABEL),
        Canary("third party", BUSINESS, THIRD),
        Canary("IBAN", BUSINESS, IBAN),
        Canary("signature of a failing link", LINK, SIGNATURE),
        *(Canary(f"signature of link {number}", LINK, link) for number, link in enumerate(links)),
        *(Canary(f"link {number} that a software fetched", LINK, link) for number, link in enumerate(handed_out)),
    ]
    return Day([*never, *seen], {canary.name for canary in never})


async def _work(sinks: Sinks, path: Path, names: list[str], *words: str, connector: str = USUAL) -> None:
    """The platform publishes entries, which are booked, each with a document."""
    events = [json.dumps(entry(name, file_id=f"fil_{connector}.{CODE}")) for name in names]
    await asyncio.to_thread(path.write_text, "\n".join(events))
    where = ["--connector", connector, "--software-file", CODE]
    await sinks.run("sandbox", "publish", "--events", str(path), *where, "--json", *words)


async def _sign_in(sinks: Sinks) -> str:
    secret = sinks.system.world.settings_env("hub")["QONTABLE_HUB_PLATFORM_SECRET"]
    async with sinks.client("hub", Authorization=f"Bearer {secret}") as platform:
        token: str = (await platform.post(f"/v1/firms/{FIRM}/tokens", json={})).json()["token"]
    return token


async def _bad_records(sinks: Sinks, producer: AIOKafkaProducer, database: asyncpg.Connection) -> None:
    """Records that cannot be read, entries that cannot be booked, documents that cannot be had."""
    sandbox = sinks.system.world.http_url("sandbox")
    unreadable = [
        f'{{"label": "{LABEL} {IBAN}'.encode(),
        _body(entry("ent_types", revision=LABEL, lines=[{"label": IBAN, "debit": THIRD}])),
        _body(entry("ent_nul", label=f"{LABEL}\x00")),
        _body(entry(LABEL)),
        _body([LABEL, IBAN]),
    ]
    for body in unreadable:
        await _say(sinks, producer, body)
    await _say(sinks, producer, _body(entry("ent_type")), ce_type=f"{LABEL} {IBAN}")
    await _say(sinks, producer, _body(entry("ent_time")), ce_time=LABEL, traceparent=IBAN)
    for label in (LABEL, THIRD):
        await _say(sinks, producer, _body(entry("ent_twice", label=label)), ce_id="the-same")
    refused = {
        "ent_unbalanced": {"lines": entry("x")["lines"][:2]},
        "ent_date": {"date": "2026-02-31", "label": LABEL},
        "ent_currency": {"currency": IBAN},
        "ent_closed_port": {"documents": [document("p", "http://127.0.0.1:9/d?signature=")]},
        "ent_no_host": {"documents": [document("h", f"http://{SIGNATURE}..invalid/d?signature=")]},
        "ent_user": {"documents": [document("u", f"http://user:{SIGNATURE}@127.0.0.1/d?signature=")]},
        "ent_gone": {"documents": [document("g", f"{sandbox}/platform/documents/doc?expires=1&signature=")]},
        "ent_nothing": {"documents": [document("n", f"{sandbox}/{SIGNATURE}?signature=")]},
    }
    for name, changes in refused.items():
        await _say(sinks, producer, _body(entry(name, **changes)))
    await _once(lambda: database.fetchval("select count(*) >= 8 from entries.set_aside"), "bad records set aside")
    returned = "select count(*) >= 6 from hub.entry where status = 'to_verify' and entry_id = any($1)"
    await _once(lambda: database.fetchval(returned, list(refused)), "entries returned")


async def _database_errors(sinks: Sinks, producer: AIOKafkaProducer, database: asyncpg.Connection) -> None:
    """Three schemas refuse a row; what they refused comes back by hand, and is closed by hand."""
    for schema, table in BROKEN_TABLES.items():
        forbidden = f"check (entry_id <> 'ent_{schema}') not valid"
        await database.execute(f"alter table {schema}.{table} add constraint forbidden {forbidden}")
    for schema in BROKEN_TABLES:
        await _say(sinks, producer, _body(entry(f"ent_{schema}", documents=[])))
    refused = " union all ".join(
        f"select '{schema}' as service, id from {schema}.set_aside where reason = 'handler_refused'"
        for schema in BROKEN_TABLES
    )
    await _once(
        lambda: database.fetchval(f"select count(distinct service) = {len(BROKEN_TABLES)} from ({refused}) as r"),
        "rows refused",
    )
    for schema, table in BROKEN_TABLES.items():
        await database.execute(f"alter table {schema}.{table} drop constraint forbidden")
    await sinks.run("set-aside", "list", "--json")
    rows = await database.fetch(refused)
    await sinks.run("set-aside", "show", str(rows[0]["id"]), "--service", rows[0]["service"])
    others = await database.fetch("select id from entries.set_aside where reason = 'invalid_event'")
    words = ["--service", "entries", "--note", "seen"]
    await asyncio.gather(
        *(sinks.run("set-aside", "replay", str(row["id"]), "--service", row["service"]) for row in rows),
        sinks.run("set-aside", "close", *(str(row["id"]) for row in others), *words),
    )
    booked = "select count(*) = 3 from hub.entry where status = 'synchronized' and entry_id = any($1)"
    await _once(lambda: database.fetchval(booked, [f"ent_{schema}" for schema in BROKEN_TABLES]), "replayed and booked")


async def _outages(sinks: Sinks, folder: Path, database: asyncpg.Connection) -> None:
    """The software fails in several ways, processes are killed, the database ends every session."""
    async with sinks.client("sandbox") as control:
        for connector, routes in FAULTS.items():
            orders = [{"kind": kind, "route": route} for route, kinds in routes.items() for kind in kinds]
            for order in orders:
                await control.post("/control/faults", json=order | {"connector": connector, "count": 1})
        await asyncio.gather(
            _work(sinks, folder / "evening.jsonl", [f"ent_evening{number}" for number in range(3)]),
            *(
                _work(sinks, folder / f"evening_{name}.jsonl", [f"ent_evening_{name}"], connector=name)
                for name in OTHERS
            ),
        )
        doubtful = "select count(*) > 0 from gateways.attempts where outcome = 'unknown'"
        await _once(lambda: database.fetchval(doubtful), "an entry in doubt")
        for service in ("gateways", "entries", "hub"):
            sinks.system.kill(service)
        await database.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )
        await control.delete("/control/faults")
    booked = "select count(*) = 5 from hub.entry where status = 'synchronized' and entry_id like 'ent_evening%'"
    await _once(lambda: database.fetchval(booked), "booked after the outage")
    # The judge knows nothing of records that we put on the topic ourselves.
    await asyncio.gather(
        sinks.run("sandbox", "ledger", "--software-file", CODE, "--json", refused=True),
        sinks.run("gateways", "connectors", "--json"),
        sinks.run("gateways", "keys", "list", "--json"),
    )


async def _links(database: asyncpg.Connection) -> list[str]:
    """The signatures of links under which documents were really kept."""
    rows = await database.fetch("select url from entries.documents where state = 'kept' order by entry_id limit 3")
    return [parse_qs(urlsplit(row["url"]).query)["signature"][0] for row in rows]


async def _handed_out(database: asyncpg.Connection) -> list[str]:
    """The secret ends of links under which a software fetched documents from us."""
    rows = await database.fetch("select uri from sandbox.pulled_documents order by uri limit 2")
    return [urlsplit(row["uri"]).path.split("/")[2] for row in rows]


def _random(partner: str, connector: str) -> str:
    """What commands make a firm's key of."""
    return hashlib.sha256(f"{partner}\x1f{connector}\x1f{FIRM}".encode()).hexdigest()


def _whole_key(partner: str, connector: str) -> str:
    return rules_of(connector).key.key(_random(partner, connector))


def _typed_key(partner: str, connector: str) -> dict[str, str]:
    """The secret fields of the wizard, as the firm types them."""
    secret = {field.name for field in load_sheets()[connector].wizard if field.secret}
    fields = rules_of(connector).key.fields(_random(partner, connector))
    return {name: text for name, text in fields.items() if name in secret}


def _private_keys(ring: Path) -> dict[str, str]:
    keys: dict[str, str] = json.loads(ring.read_text())
    return keys


def _body(content: Any) -> bytes:
    return json.dumps(content).encode()


async def _say(sinks: Sinks, producer: AIOKafkaProducer, body: bytes, **headers: str) -> None:
    """A record on `entry.validated` in a whole envelope, but for the headers given."""
    envelope = Envelope(uuid.uuid4().hex, "qontable.entry.validated.v1", "/canary", datetime.now(UTC), "canary")
    said = (envelope.headers() | headers).items()
    await producer.send_and_wait(
        f"{sinks.system.world.topic_prefix}entry.validated",
        body,
        key=FILE.encode(),
        headers=[(name, value.encode()) for name, value in said],
    )


async def _once(holds: Callable[[], Awaitable[Any]], what: str) -> None:
    """Return as soon as it holds."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await holds():
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise AssertionError(f"never seen: {what}") from None
