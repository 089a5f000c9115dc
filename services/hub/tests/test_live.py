"""An open page hears of its firm's changes within a second, while its session holds, whichever process made them."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, async_playwright, expect
from services.hub.tests.browser import Browser, signed_in
from services.hub.tests.firm import Firm
from services.hub.tests.town import Town, running_hub

from local_stack.ports import free_port

CHROMIUM = os.environ.get("QONTABLE_CHROMIUM", "/usr/bin/chromium")
SOON = 1.0
QUIET = 1.0


class Stream:
    """One open stream, read line by line."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def event(self, within: float) -> str | None:
        """The next event's name; None when none came in time, "" at the end of the stream."""
        try:
            async with asyncio.timeout(within):
                async for line in self._lines:
                    if line.startswith("event: "):
                        return line.removeprefix("event: ")
        except TimeoutError:
            return None
        return ""


@asynccontextmanager
async def following(browser: Browser, *subjects: str, since: str, base: str = "") -> AsyncIterator[Stream]:
    """The stream of a page that shows these subjects."""
    query = [("since", since), *(("on", subject) for subject in subjects)]
    async with browser.client.stream("GET", f"{base}/changes", params=query) as response:
        assert response.headers["content-type"].startswith("text/event-stream"), response.status_code
        yield Stream(response)


async def mark_of(browser: Browser, path: str = "/files") -> str:
    page = await browser.get(path)
    mark: str = page.tree.xpath("//body/@data-mark")[0]
    return mark


async def tell(town: Town, firm: Firm, file_id: str, version: int = 1) -> float:
    """Say something new of an entry; when it was said."""
    said = time.monotonic()
    await town.say(firm.status(file_id, "ent_1", version=version))
    return said


async def test_a_change_is_told_within_a_second_to_those_who_show_it(town: Any, firm: Any, other_firm: Any) -> None:
    mine, another = await firm.add_file("Dupont"), await firm.add_file("Martin")
    browser, stranger = await signed_in(firm, town), await signed_in(other_firm, town)
    since, strange = await mark_of(browser), await mark_of(stranger)
    async with (
        following(browser, f"file:{mine}", since=since) as shown,
        following(browser, "file:*", "connection:*", since=since) as listed,
        following(browser, f"file:{another}", since=since) as elsewhere,
        following(stranger, f"file:{mine}", "file:*", since=strange) as foreign,
    ):
        said = await tell(town, firm, mine)
        assert [await shown.event(SOON), await listed.event(SOON)] == ["changed", "changed"]
        assert time.monotonic() - said < SOON
        assert [await elsewhere.event(QUIET), await foreign.event(0.1)] == [None, None]


async def test_what_happened_between_a_page_and_its_stream_is_told_at_once(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("Dupont")
    browser = await signed_in(firm, town)
    before = await mark_of(browser)
    async with following(browser, f"file:{file_id}", since=before) as untouched:
        assert await untouched.event(0.3) is None
    await firm.tell(firm.status(file_id, "ent_1"))
    async with following(browser, f"file:{file_id}", since=before) as late:
        assert await late.event(SOON) == "changed"
    async with following(browser, f"file:{file_id}", since="of.another.process") as strange:
        assert await strange.event(SOON) == "changed"


async def test_what_a_colleague_does_is_told_too(town: Any, firm: Any) -> None:
    file_id, connection_id = await firm.active_file("sw1")
    browser = await signed_in(firm, town)
    async with following(browser, f"connection:{connection_id}", since=await mark_of(browser)) as stream:
        answer = await firm.admin.post(f"/connections/{connection_id}/disable")
        assert answer.status_code == 200, answer.text
        assert await stream.event(SOON) == "changed"
    async with following(browser, f"file:{file_id}", since=await mark_of(browser)) as stream:
        await firm.admin.delete(f"/files/{file_id}/activation")
        assert await stream.event(SOON) == "changed"


async def test_signing_out_ends_the_stream_also_at_another_process(town: Any, firm: Any) -> None:
    browser, colleague = await signed_in(firm, town), await signed_in(firm, town)
    port = free_port(())
    base = f"http://127.0.0.1:{port}"
    async with running_hub(town.world, http_port=port):
        since = await mark_of(browser)
        async with (
            following(browser, "file:*", since=since) as here,
            following(browser, "file:*", since=since, base=base) as there,
            following(colleague, "file:*", since=since) as other,
        ):
            assert await there.event(SOON) == "changed", "its mark is another process's"
            await browser.send(await browser.get("/files"), "/sign-out")
            assert [await here.event(SOON), await there.event(SOON)] == ["ended", "ended"]
            assert [await here.event(SOON), await there.event(SOON)] == ["", ""]
            assert await other.event(0.3) is None
    answer = await browser.client.get("/changes", params={"on": "file:*"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")


async def test_many_pages_listen_by_one_connection_and_go_when_their_process_stops(town: Any, firm: Any) -> None:
    browser = await signed_in(firm, town)
    listening = "select pid from pg_stat_activity where query ilike 'listen%' and datname = current_database()"
    port = free_port(())
    async with httpx.AsyncClient(cookies=browser.client.cookies) as client:
        async with running_hub(town.world, http_port=port):
            request = client.build_request("GET", f"http://127.0.0.1:{port}/changes?on=file:*")
            responses = [await client.send(request, stream=True) for _ in range(20)]
            assert {response.status_code for response in responses} == {200}
            assert len(await town.rows(listening)) == 2, "one for each process"
            told = time.monotonic()
        assert time.monotonic() - told < 15
        for response in responses:
            async with asyncio.timeout(1):
                assert (await response.aread()).startswith(b"retry: 2000")


@pytest.mark.parametrize("on", ["", "entry:ent_1", "file:", "file:a b", "connection:%"])
async def test_a_subject_that_is_none_is_refused(town: Any, firm: Any, on: str) -> None:
    browser = await signed_in(firm, town)
    answer = await browser.client.get("/changes", params={"on": on})
    assert answer.status_code == 422


@asynccontextmanager
async def opened(firm: Firm, town: Town, path: str) -> AsyncIterator[Page]:
    """A page in a real browser."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip("Chromium is missing, which shows the pages: apt-get install chromium")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await (await chromium.new_context(locale="en-GB")).new_page()
        base = town.world.http_url("hub")
        token = firm.admin.headers["Authorization"].removeprefix("Bearer ")
        await page.goto(f"{base}/sign-in#{token}")
        await page.locator("form[action='/sign-in'] button").click()
        await page.wait_for_url("**/files")
        await page.goto(f"{base}{path}")
        await expect(page.locator("html[data-live]")).to_have_count(1)
        yield page
        await chromium.close()


async def test_a_page_changes_in_place_and_nothing_moves_under_the_pointer(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("Dupont")
    summary = {"date": "2026-02-03", "label": "Papier"}
    await firm.tell(firm.status(file_id, "ent_1", summary=summary))
    async with opened(firm, town, f"/files/{file_id}?tab=ready") as page:
        await page.evaluate("window.here = 'still'")
        row, tab = page.locator("#row-ent_1"), page.locator("#tabs a[aria-current] .count")
        await expect(tab).to_have_text("1")
        await town.say(firm.status(file_id, "ent_1", version=2, status="sending", summary=summary))
        await expect(row).to_contain_text("Sending", timeout=SOON * 1000)

        await row.hover()
        await town.say(firm.status(file_id, "ent_2", summary={"date": "2026-02-04", "label": "Encre"}))
        await expect(page.locator(".news .count")).to_have_text("1")
        await expect(tab).to_have_text("2")
        await expect(page.locator("tbody tr")).to_have_count(1)
        await page.locator(".news").click()
        await expect(page.locator("tbody tr").first).to_contain_text("Encre")
        assert await page.evaluate("window.here") == "still"


async def test_a_browser_that_was_cut_off_reads_what_it_missed(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("Dupont")
    async with opened(firm, town, "/files") as page:
        ready = page.locator(f"#row-{file_id} td.amount").nth(1)
        await page.context.set_offline(True)
        await page.evaluate("dispatchEvent(new Event('pagehide'))")
        await firm.tell(firm.status(file_id, "ent_1"))
        await expect(ready).to_have_text("")
        await page.context.set_offline(False)
        await page.evaluate("dispatchEvent(new Event('pageshow'))")
        await expect(ready).to_have_text("1")


async def test_a_browser_whose_session_ends_shows_nothing_any_more(town: Any, firm: Any) -> None:
    async with opened(firm, town, "/files") as page:
        cookies = {cookie["name"]: cookie["value"] for cookie in await page.context.cookies()}
        same = Browser(town.world.http_url("hub"))
        same.client.cookies.update(cookies)
        await same.send(await same.get("/files"), "/sign-out")
        await page.wait_for_url("**/sign-in**", timeout=5_000)
