"""Engine, Pennylane connector and stand-in together: what Pennylane alone has, beside what the conformance suite shows.

Uploads before the entry, refusals in two forms, scopes, and authorisations.
"""

import itertools
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateways.connectors.pennylane.client import Pennylane
from gateways.connectors.pennylane.settings import PennylaneSettings
from gateways.connectors.registry import load_sheets
from local_stack.world import World
from qontable.events.connector import ConnectionHealthChanged
from qontable.events.delivery import EntryDispatched, KeptDocument
from qontable.events.hub import ConnectionChanged, Throttle
from qontable.storage import open_storage
from qontable.vault import load_ring

from .house import House, open_house
from .stand_in import LIMITS, faulty, serving_stand_in

TOKEN = "token-of-the-firm-in-pennylane"
CLIENT = {"client_id": "qontable", "client_secret": "secret-of-the-client"}
PDF = b"%PDF-1.7 a small invoice"
BOOKING, UPLOAD = "POST /ledger_entries", "POST /file_attachments"
NUMBERS = itertools.count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def control(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The stand-in software with one company and one token."""
    async with serving_stand_in(world) as client:
        seed = {
            "connector": "pennylane",
            "firm": "Cabinet",
            "code": "DURAND",
            "name": "Durand SARL",
            "accounts": [{"number": "606400", "label": "Fournitures"}, {"number": "401000", "label": "Fournisseurs"}],
            "journals": [{"code": "ACH", "name": "Achats", "type": "purchases"}],
            "fiscal_years": [{"start": "2026-01-01", "end": "2026-12-31"}],
        }
        (await client.post("/software-files", json=seed)).raise_for_status()
        token = {"connector": "pennylane", "firm": "Cabinet", "token": TOKEN, "activated": True} | LIMITS
        (await client.post("/tokens", json=token)).raise_for_status()
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pennylane(world: World, control: httpx.AsyncClient) -> AsyncIterator[House]:
    """A gateway with the real connector; only its times are shorter than the sheet's."""
    sheet = load_sheets()["pennylane"]
    settles = sheet.settles_within.model_copy(update={"value": 0.5})
    quick = sheet.model_copy(update={"request_timeout": 1.5, "settles_within": settles})
    url = world.settings_env("gateways")["QONTABLE_PENNYLANE_URL"]
    settings = PennylaneSettings.model_validate({"url": url, **CLIENT})
    async with open_house(world, Pennylane(quick, settings)) as house:  # type: ignore[arg-type]
        service = await house.gateway(slot="gateways-1")
        async with service.running():
            yield house


async def connect(house: House) -> str:
    return await house.connect(token=TOKEN, throttle=Throttle(**LIMITS))


async def dispatch(house: House, connection: str, *, documents: int = 0, **changes: Any) -> EntryDispatched:
    """An entry with a mark of its own, and with a document in storage where one is wanted."""
    number = next(NUMBERS)
    query = "select id from sandbox.software_files where connector = 'pennylane' and code = 'DURAND'"
    company = await house.database.fetchval(query)
    content = PDF + str(number).encode()
    storage = open_storage(house.world.settings_env("gateways")["QONTABLE_STORAGE_URL"])
    await storage.put(f"documents/{number}", content)
    kept = KeptDocument(
        document_id=f"doc_{number}",
        file_name=f"FD-{number}.pdf",
        media_type="application/pdf",
        size=len(content),
        sha256=sha256(content).hexdigest(),
        storage_key=f"documents/{number}",
    )
    own = {"software_file": str(company), "ack_code": f"T{number:03d}", "documents": (kept,) * documents}
    return house.dispatch(connection, **changes).model_copy(update=own)


async def booked(house: House, delivery: EntryDispatched) -> int:
    query = "select count(*) from sandbox.booked_entries where label like '%' || $1"
    return int(await house.database.fetchval(query, f"(#{delivery.ack_code}#)"))


async def test_an_upload_that_fails_is_made_again_before_the_entry_leaves(
    pennylane: House, control: httpx.AsyncClient
) -> None:
    delivery = await dispatch(pennylane, await connect(pennylane), documents=1)
    async with faulty(control, UPLOAD, "server_error", connector="pennylane"):
        await pennylane.say(delivery)
        told = await pennylane.reaches(delivery, "confirmed")
    assert told.documents == "sent"
    assert await booked(pennylane, delivery) == 1


async def test_an_upload_of_an_earlier_try_is_the_entry_s_document(
    pennylane: House, control: httpx.AsyncClient
) -> None:
    delivery = await dispatch(pennylane, await connect(pennylane), documents=1)
    async with faulty(control, BOOKING, "throttle", connector="pennylane", seconds=1.0):
        await pennylane.say(delivery)
        await pennylane.reaches(delivery, "confirmed")
    query = "select count(*) from sandbox.software_attachments where sha256 = $1"
    assert await pennylane.database.fetchval(query, delivery.documents[0].sha256) == 1


CLOSED = {
    "fiscal-years/2026-01-01": "fiscal_year_closed",
    "journals/ACH": "journal_unknown",
    "accounts/606400": "account_unknown",
}
"""What can be closed in a company, and the row of the sheet that the software's words then reach."""


@pytest.mark.parametrize("manner", ["contract", "guide"])
@pytest.mark.parametrize(("place", "category"), CLOSED.items(), ids=CLOSED)
async def test_a_refusal_comes_back_in_either_of_the_vendor_s_forms(
    pennylane: House, control: httpx.AsyncClient, manner: str, place: str, category: str
) -> None:
    delivery = await dispatch(pennylane, await connect(pennylane))
    closed = f"/software-files/pennylane/DURAND/{place}"
    (await control.put("/manners/pennylane", json={"manner": manner})).raise_for_status()
    (await control.patch(closed, json={"closed": True})).raise_for_status()
    await pennylane.say(delivery)
    told = await pennylane.reaches(delivery, "rejected")
    (await control.patch(closed, json={"closed": False})).raise_for_status()
    (await control.put("/manners/pennylane", json={"manner": "contract"})).raise_for_status()
    assert told.message
    assert told.message.category == category
    again = await dispatch(
        pennylane, delivery.connection_id, file_id=delivery.file_id, entry_id=delivery.entry.entry_id
    )
    await pennylane.say(again)
    await pennylane.reaches(again, "confirmed")


async def test_a_token_without_the_right_to_write_halts_and_says_so(
    pennylane: House, control: httpx.AsyncClient
) -> None:
    key = {"connector": "pennylane", "token": TOKEN}
    connection = await connect(pennylane)
    (await control.patch("/tokens", json=key | {"scopes": ["companies:readonly"]})).raise_for_status()
    delivery = await dispatch(pennylane, connection)
    await pennylane.say(delivery)
    told = await pennylane.hears(ConnectionHealthChanged, connection_id=connection, health="credentials_refused")
    (await control.patch("/tokens", json=key | {"scopes": None})).raise_for_status()
    assert told.message
    assert told.message.category == "rights_missing"
    assert await booked(pennylane, delivery) == 0
    await pennylane.change(connection, token=TOKEN, version=2, throttle=Throttle(**LIMITS))
    await pennylane.reaches(delivery, "confirmed")


async def authorised(house: House, control: httpx.AsyncClient, seed: str) -> ConnectionChanged:
    """A connection by OAuth whose typed refresh token is `seed`."""
    grant = {"connector": "pennylane", "firm": "Cabinet", "kind": "refresh", "token": seed, "seconds": 3600, **CLIENT}
    (await control.post("/grants", json=grant)).raise_for_status()
    connection = f"con_oauth_{next(NUMBERS)}"
    changed = house.connection(connection, token="", throttle=Throttle(**LIMITS), version=1, enabled=True)
    key = load_ring(house.world.gateway_keys).sealing_key
    sealed = key.seal({"refresh_token": seed}, firm_id=changed.firm_id, connection_id=connection)
    changed = changed.model_copy(update={"sealed": sealed})
    await house.say(changed)
    await house.hears(ConnectionHealthChanged, connection_id=connection, health="connected")
    return changed


async def generation(house: House, connection: str) -> int:
    query = "select generation from gateways.tokens where connection_id = $1"
    return int(await house.database.fetchval(query, connection))


async def test_an_authorisation_is_exchanged_once_and_delivers(pennylane: House, control: httpx.AsyncClient) -> None:
    connection = (await authorised(pennylane, control, "refresh-token-that-was-typed")).connection_id
    deliveries = [await dispatch(pennylane, connection, documents=1) for _ in range(3)]
    await pennylane.say(*deliveries)
    for delivery in deliveries:
        await pennylane.reaches(delivery, "confirmed")
    assert await generation(pennylane, connection) == 1


async def test_tokens_that_are_due_are_renewed_and_deliver_though_each_renewal_ends_the_one_before(
    pennylane: House, control: httpx.AsyncClient
) -> None:
    changed = await authorised(pennylane, control, "refresh-token-that-will-be-old")
    connection = changed.connection_id
    for renewed in (2, 3):
        due = "update gateways.tokens set renew_at = now() where connection_id = $1"
        await pennylane.database.execute(due, connection)
        await pennylane.say(changed.model_copy(update={"version": renewed}))  # tokens are read anew
        delivery = await dispatch(pennylane, connection, documents=1)
        await pennylane.say(delivery)
        await pennylane.reaches(delivery, "confirmed")
        await pennylane.until(
            "select generation = $2 from gateways.tokens where connection_id = $1", connection, renewed
        )
