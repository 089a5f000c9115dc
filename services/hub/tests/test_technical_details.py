"""What happened to an entry, in full: who did what, what passed in each try, and where its trace is."""

from typing import Any

import orjson
from services.hub.tests.browser import Browser, signed_in
from services.hub.tests.said import refused_entry, validated
from services.hub.tests.town import running_hub

from local_stack.ports import free_port
from qontable.clock import now
from qontable.events.delivery import EntryAttempted
from qontable.outbox import outgoing
from qontable.storage import open_storage

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def tried(firm: Any, software_file_id: str, payload_key: str | None) -> str:
    """An entry that was tried once; the address of its page."""
    file_id, _ = await firm.active_file(software_file_id)
    await firm.tell(refused_entry(firm, file_id, "ent_1"))
    await firm.town.say(
        EntryAttempted(
            delivery_id="dlv_1", firm_id=firm.id, file_id=file_id, entry_id="ent_1", revision=1, attempt=1,
            operation="send", outcome="rejected", http_status=422, payload_key=payload_key, started_at=now(),
            finished_at=now(),
        )
    )  # fmt: skip
    await firm.town.eventually(lambda: firm.town.rows("select 1 from entry_attempt where file_id = $1", file_id))
    return f"/files/{file_id}/entries/ent_1"


async def keep(firm: Any, kept: dict[str, Any]) -> str:
    """The gateways keep what passed; where."""
    key = f"attempts/{firm.id}/{len(orjson.dumps(kept))}.json"
    await open_storage(firm.town.world.storage_url).put(key, orjson.dumps(kept))
    return key


async def test_a_try_shows_what_was_sent_and_answered_and_only_its_own(firm: Any, browser: Browser) -> None:
    long = "x" * 250_000
    kept = {
        "dlv_1": {"sent": '{"label":"<b>Papier</b>","lines":[]}', "answered": long},
        "dlv_2": {"sent": "of another entry", "answered": None},
    }
    entry = await tried(firm, "tech1", await keep(firm, kept))
    page = await browser.get(entry)
    (link,) = page.tree.xpath("//details[@id='technical']//tbody//a/@href")
    shown = await browser.get(link)
    sent, answered = (pre.text_content() for pre in shown.tree.xpath("//pre"))
    assert sent == '{\n  "label": "<b>Papier</b>",\n  "lines": []\n}'
    assert answered == "x" * 100_000 and "The first 100,000 characters of 250,000." in shown.words
    assert "of another entry" not in shown.text
    whole = await browser.client.get(link, params={"part": "answered"})
    assert whole.text == long and whole.headers["content-disposition"].startswith("attachment; ")
    assert (
        whole.headers["x-content-type-options"] == "nosniff" and "sandbox" in whole.headers["content-security-policy"]
    )


async def test_a_try_whose_exchange_is_not_there_says_why(firm: Any, browser: Browser) -> None:
    gone = await tried(firm, "tech2", f"attempts/{firm.id}/gone.json")
    assert "is not in storage" in (await browser.get(f"{gone}/attempts/dlv_1/send/1")).words
    none = await tried(firm, "tech3", None)
    assert "it did not leave" in (await browser.get(f"{none}/attempts/dlv_1/send/1")).words
    assert not (await browser.get(none)).tree.xpath("//details[@id='technical']//tbody//a")


async def test_tries_that_are_not_there_and_other_firms_are_not_shown(
    firm: Any, other_firm: Any, browser: Browser
) -> None:
    mine = await tried(firm, "tech4", None)
    for wrong in ("dlv_2/send/1", "dlv_1/find/1", "dlv_1/send/2"):
        assert (await browser.get(f"{mine}/attempts/{wrong}")).status == 404, wrong
    for wrong in ("dlv_1/sent/1", "dlv_1/send/-1", "dlv_1/send/2147483648", "dlv_1/send/x"):
        assert (await browser.get(f"{mine}/attempts/{wrong}")).status == 422, wrong
    theirs = await tried(other_firm, "tech5", await keep(other_firm, {"dlv_1": {"sent": "theirs", "answered": None}}))
    page = await browser.get(f"{theirs}/attempts/dlv_1/send/1")
    assert page.status == 404 and "theirs" not in page.text


async def test_what_people_did_stands_among_what_happened(town: Any, firm: Any, browser: Browser) -> None:
    file_id, _ = await firm.active_file("tech6")
    entry = f"/files/{file_id}/entries/ent_1"
    await firm.tell(firm.status(file_id, "ent_1", status="sending", delivery_id="dlv_9", delivery_state="parked"))
    answered = await browser.send(await browser.get(entry), f"{entry}/resolution", answer="in_books")
    steps = [step.text_content() for step in answered.tree.xpath("//ol[@class='life']/li")]
    assert "Answer: it is in Ledgerly" in steps[0] and "Ada Martin" in steps[0]
    (act,) = (await firm.admin.get("/audit", params={"subject": "dlv_9"})).json()["acts"]
    assert (act["action"], act["details"]["answer"]) == ("delivery.resolved", "in_books")
    other, _ = await firm.active_file("tech7")
    await firm.tell(firm.status(other, "ent_1", status="sending", delivery_id="dlv_9", delivery_state="parked"))
    assert "Answer:" not in (await browser.get(f"/files/{other}/entries/ent_1")).words


async def test_an_entry_leads_to_its_trace_where_there_is_a_place_to_look_at_it(town: Any, firm: Any) -> None:
    file_id, _ = await firm.active_file("tech8")
    record = outgoing(validated(firm, file_id, "ent_1"), "/test", f"00-{TRACE}-00f067aa0ba902b7-01")
    headers = [(name, value.encode()) for name, value in record.headers.items()]
    await town.producer.send(
        f"{town.world.topic_prefix}{record.topic}", key=record.key.encode(), value=record.body, headers=headers
    )
    await firm.tell(refused_entry(firm, file_id, "ent_1"))
    await town.eventually(lambda: town.rows("select 1 from entry_content where file_id = $1", file_id))
    entry, port = f"/files/{file_id}/entries/ent_1", free_port(())
    without = await signed_in(firm, town)
    page = await without.get(entry)
    assert TRACE in page.words and not page.tree.xpath(f"//a[contains(@href, '{TRACE}')]")
    async with running_hub(town.world, http_port=port, hub_trace_url="https://traces.example/trace/{trace}"):
        without.client.base_url = f"http://127.0.0.1:{port}"
        link = (await without.get(entry)).tree.xpath(f"//a[@href='https://traces.example/trace/{TRACE}']")
        assert link and "noopener" in link[0].get("rel")
    await without.client.aclose()
