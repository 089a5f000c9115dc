"""Walks the pages as an accountant would, takes their pictures, and has axe look at every one of them.

`make pictures` runs it beside a local stack, LOOKS=fr-laptop,en-phone in some looks only. Pictures go to
`docs/pictures`; the exit status is 1 when axe finds anything or a page is wider than its window, 0 when not.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Page, async_playwright
from town import CONNECTOR, HELD, ONLY_THERE, Town

from qontable.addresses import Addresses, read_addresses
from sandbox.app.systems import open_systems
from sandbox.entrypoints.console import watching

PROJECT = Path(__file__).resolve().parents[2]
PICTURES = PROJECT / "docs" / "pictures"
AXE = PROJECT / ".local" / "pictures" / "axe.min.js"
CHROMIUM = os.environ.get("QONTABLE_CHROMIUM", "/usr/bin/chromium")
LAPTOP, PHONE = {"width": 1366, "height": 820}, {"width": 390, "height": 844}
LOOKS: dict[str, dict[str, Any]] = {
    "fr-laptop": {"locale": "fr-FR", "viewport": LAPTOP, "color_scheme": "light"},
    "en-laptop-dark": {"locale": "en-GB", "viewport": LAPTOP, "color_scheme": "dark"},
    "fr-phone-dark": {"locale": "fr-FR", "viewport": PHONE, "color_scheme": "dark"},
    "en-phone": {"locale": "en-GB", "viewport": PHONE, "color_scheme": "light"},
}
"""The whole way is gone in each: both languages, both widths, light and dark."""
PATIENCE = 90
"""How many seconds a page is looked at again and again."""


@dataclass
class Walk:
    """One walk in one look: its browser, what it was told about the town, and what axe found."""

    base: str
    look: str
    page: Page
    town: Town
    findings: list[str] = field(default_factory=list)

    async def go(self, path: str) -> None:
        """To a page by its address."""
        await self.page.goto(f"{self.base}{path}")

    async def see(self, name: str, path: str) -> None:
        """A page that only shows."""
        await self.go(path)
        await self.keep(name)

    async def press(self, selector: str, *, then: str) -> None:
        """Press a button; wait until the address looks like `then`."""
        await self.page.locator(selector).first.click()
        await self.page.wait_for_url(then)

    async def keep(self, name: str) -> None:
        """The picture of the page as it is now, and what axe finds on it."""
        page, look = self.page, self.look
        await page.screenshot(path=PICTURES / f"{name}.{look}.png", full_page=look.startswith("en"))
        await page.evaluate(AXE.read_text(encoding="utf-8"))
        result = await page.evaluate("axe.run()")
        assert result["passes"], f"axe looked at nothing on {name}"
        for finding in result["violations"]:
            places = "; ".join(str(node["target"][0]) for node in finding["nodes"][:3])
            self.findings.append(f"{name}.{look}: {finding['id']} ({finding['impact']}): {finding['help']}: {places}")
        wider = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider > 0:
            self.findings.append(f"{name}.{look}: the page is {wider} pixels wider than the window")

    async def until(self, selector: str, path: str) -> None:
        """Look at a page again and again until it shows this."""
        for _ in range(PATIENCE):
            await self.go(path)
            if await self.page.locator(selector).count():
                return
            await asyncio.sleep(1)
        raise AssertionError(f"{path} never showed {selector}")


async def walk(walk: Walk, token: str) -> None:
    """From the first sign-in to an integration that is disabled and enabled again, with what goes wrong on the way."""
    root = f"/files/{walk.town.file_id}"
    await sign_in(walk, token)
    connection = await connect(walk)
    await mapping(walk, connection)
    await walk.town.publish_backlog()
    await walk.until("#tabs a[href$='tab=ready'] .count:not(:text-is('0'))", f"{root}?tab=ready")
    await activation(walk, connection)
    await live(walk, root)
    await entries(walk, root)
    await synchronize(walk, connection, root)
    await refresh(walk, root)
    await reference(walk, root)
    await walk.see("status", connection)
    await walk.see("integrations", "/integrations")
    await walk.see("files", "/files")
    await ailing(walk, connection, root)
    await walk.see("not-there", "/nowhere")


async def sign_in(walk: Walk, token: str) -> None:
    """The link that a person gets, and what a firm sees that has connected nothing."""
    await walk.see("sign-in", "/sign-in")
    await walk.page.goto("about:blank")  # a link that differs in its fragment alone loads no page
    await walk.go(f"/sign-in#{token}")
    await walk.press("form[action='/sign-in'] button", then="**/files")
    await walk.keep("files-before")
    await walk.see("integrations-before", "/integrations")


async def connect(walk: Walk) -> str:
    """The article and the wizard's keys: too short, wrong, right; the connection's path."""
    page = walk.page
    await walk.see("article", f"/integrations/{CONNECTOR}")
    await page.locator("a[href$='/start']").last.click()
    await page.wait_for_selector("input[type=password]")
    await walk.keep("keys")
    await page.locator("input[type=password]").fill("short")
    await page.locator("main form button").click()
    await walk.keep("keys-wrong-form")
    await page.locator("input[type=password]").fill("wrong-key-of-nobody")
    await page.locator("main form button").click()
    await page.wait_for_selector("#result .state.bad")
    await walk.keep("keys-refused")
    await page.locator("#result a.button").click()
    await page.locator("input[type=password]").fill(f" {walk.town.key} ")
    await page.locator("main form button").click()
    await page.wait_for_selector("#result .state.good")
    await walk.keep("keys-accepted")
    await walk.press("#result a.button", then="**/options")
    path = page.url.removeprefix(walk.base)
    await walk.keep("options")
    await page.locator("#frequency-real_time").check()
    await walk.press("main form button.primary", then="**/mapping")
    return path.removesuffix("/options")


async def mapping(walk: Walk, connection: str) -> None:
    """A table that is none, two lines of a right one, one software file typed wrong, then all suggestions."""
    page = walk.page
    await walk.keep("mapping")
    await creation(walk, connection)
    answer = await page.context.request.get(f"{walk.base}{connection}/mapping.csv")
    lines = (await answer.body()).splitlines(keepends=True)
    await send_table(
        walk, lines[0] + lines[1].replace(b"fil_", b"nobody_"), "mapping-table-refused", then="**/mapping.csv"
    )
    await walk.go(f"{connection}/mapping")
    await send_table(walk, b"".join(lines[:3]), "status-table", then="**said=mapped")
    await walk.go(f"{connection}/mapping")
    await page.locator("input[list=choices][value='']").first.fill("nonsense")
    await page.locator("main form[method=post] button.primary").click()
    await page.wait_for_selector("input[aria-invalid=true]")
    await walk.keep("mapping-conflict")
    await page.locator("input[aria-invalid=true]").fill("")
    await walk.press("main form[method=post] button.primary", then="**said=mapped")
    await walk.keep("status-mapped")


async def creation(walk: Walk, connection: str) -> None:
    """A file of the software that Qonto lacks is created there."""
    name = ONLY_THERE[0]
    await walk.page.locator("#lacking tr", has_text=name).locator("input").check()
    await walk.press("form[action$='/file-creations'] button", then="**said=creation_asked")
    await walk.keep("mapping-created")
    await walk.until(f"tbody tr:not([id^=lacks]):has-text('{name}')", f"{connection}/mapping?show=all")


async def send_table(walk: Walk, table: bytes, name: str, *, then: str) -> None:
    """Map by a table."""
    form = walk.page.locator("form[action$='/mapping.csv']")
    if not await form.is_visible():
        await walk.page.locator("details.card summary").click()
    await form.locator("input[type=file]").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": table})
    await form.locator("button").click()
    await walk.page.wait_for_url(then)
    await walk.keep(name)


async def activation(walk: Walk, connection: str) -> None:
    """The backlog by year, and everything activated at once."""
    page = walk.page
    await walk.go(connection)
    await page.locator("[data-ticks-all]").check()
    await page.locator("button[form=chosen]").click()
    await page.wait_for_selector("#before-from")
    await walk.keep("activation")
    await page.locator("#before-from").check()
    await walk.press("main form button.primary", then="**said=activated")
    await walk.keep("status-activating")


async def live(walk: Walk, root: str) -> None:
    """Entries arrive while the page is open and somebody points at a row: they announce themselves."""
    await walk.until("tbody tr", f"{root}?tab=synchronized")
    publishing = asyncio.create_task(walk.town.publish_rest())
    await walk.page.locator("tbody tr").first.hover()
    await walk.page.wait_for_selector(".news")
    await walk.keep("live")
    await walk.page.locator(".news").click()
    await publishing


async def entries(walk: Walk, root: str) -> None:
    """Tabs, a cause with one gesture, entries that failed and that are in the books."""
    page = walk.page
    await walk.see("synchronized", f"{root}?tab=synchronized")
    await walk.see("to-verify", f"{root}?tab=to_verify")
    failed = await page.locator("tbody a[data-row]").first.get_attribute("href")
    await page.locator("tbody .hint").first.focus()
    await walk.keep("to-verify-hint")
    await walk.see("entry-failed", failed or "")
    await correction(walk, root)
    await walk.go(f"{root}?tab=to_verify")
    await walk.town.unlock()
    await walk.press(".notice form button", then="**said=verified_again**")
    await walk.keep("verified-again")
    await walk.go(f"{root}?tab=synchronized")
    booked = await page.locator("tbody a[data-row]").first.get_attribute("href")
    await walk.see("entry-synchronized", booked or "")
    await page.locator("details.card summary").click()
    await walk.keep("entry-technical")
    await page.locator("a[href*='/attempts/']").first.click()
    await page.wait_for_url("**/attempts/**")
    await walk.keep("attempt")
    await walk.see("remapping", f"{root}/mapping")


async def correction(walk: Walk, root: str) -> None:
    """An entry on an unknown account: mistyped, told so while typing, corrected, and in the books."""
    page = walk.page
    await walk.go(f"{root}?tab=to_verify&cause=account_unknown")
    entry = await page.locator("tbody a[data-row]").first.get_attribute("href") or ""
    await walk.see("correction", f"{entry}/correction")
    await page.locator("#label").fill("")
    await page.wait_for_selector("#preflight .notice.bad")
    await page.locator("#preflight").scroll_into_view_if_needed()
    await walk.keep("correction-preflight")
    await page.locator("#correction button.primary").click()
    await page.wait_for_selector("[role=alert]")
    await walk.keep("correction-refused")
    await walk.go(f"{entry}/correction")
    await page.locator("#lines-0-account").fill(walk.town.right_account())
    await page.wait_for_selector("#preflight:not(:has(.notice))")
    await page.locator("#preflight").scroll_into_view_if_needed()
    await walk.keep("correction-clean")
    await walk.press("#correction button.primary", then="**said=correction_asked")
    await walk.keep("correction-asked")
    await walk.until(".head .state.good", entry)
    await walk.keep("correction-booked")


async def synchronize(walk: Walk, connection: str, root: str) -> None:
    """Sent by hand from now on: entries are ready, and leave when somebody presses Synchronize."""
    page = walk.page
    await walk.go(f"{connection}/options")
    await page.locator("#frequency-manual").check()
    await walk.press("main form button.primary", then="**said=options_kept")
    await walk.town.publish_held()
    await walk.until(f"#acts .count:text-is('{HELD}')", f"{root}?tab=ready")
    await walk.keep("ready")
    await page.locator("[data-synchronize]").click()
    await page.wait_for_selector("#progress progress")
    await walk.keep("synchronizing")
    await page.wait_for_selector("#progress .notice.good")
    await walk.keep("synchronize-done")


async def refresh(walk: Walk, root: str) -> None:
    """Something has changed in the software; a refresh says what."""
    page = walk.page
    await walk.town.reopen()
    await walk.go(root)
    await page.locator("details.menu summary").click()
    await walk.keep("menu")
    await walk.press("details.menu form[action$='/refresh'] button", then="**said=refresh_asked")
    await walk.keep("refreshing")
    await page.wait_for_selector("#refresh:not(:has(progress)):has-text('1')")
    await walk.keep("refreshed")


async def reference(walk: Walk, root: str) -> None:
    """What the software has, what refreshes changed, and the file's settings: a wrong journal, then the rules."""
    page = walk.page
    await walk.see("reference-accounts", f"{root}/reference")
    for tab in ("journals", "fiscal_years", "refreshes"):
        await walk.see(f"reference-{tab.replace('_', '-')}", f"{root}/reference?tab={tab}")
    await walk.see("settings", f"{root}/settings")
    await page.locator("[name='to.0']").fill("ZZ")
    await page.locator("form[action$='/journal-map'] button").click()
    await page.wait_for_selector("[aria-invalid=true]")
    await walk.keep("settings-refused")
    await walk.go(f"{root}/settings")
    for choice in ("#missing-ask", "#documents-hold"):
        await page.locator(choice).check()
    await page.locator("#closed_until").fill("2025-12-31")
    await walk.press("form[action$='/policies'] button", then="**said=settings_kept")
    await walk.keep("settings-kept")


async def ailing(walk: Walk, connection: str, root: str) -> None:
    """The key is revoked; then the integration is disabled and enabled again."""
    await walk.town.revoke(revoked=True)
    await walk.go(root)
    await walk.page.locator("details.menu summary").click()
    await walk.press("details.menu form[action$='/refresh'] button", then="**said=refresh_asked")
    await walk.until(".notice.bad", connection)
    await walk.keep("credentials-refused")
    await walk.town.revoke(revoked=False)
    await walk.see("disable", f"{connection}/disable")
    await walk.press("button.danger", then="**said=disabled")
    await walk.keep("disabled")
    await walk.press("#health button[value=enabled]", then="**said=enabled")
    await walk.keep("enabled-again")
    await walk.go(f"{root}/reference")
    await walk.press("form[action$='/refresh'] button", then="**said=refresh_asked")
    await walk.until("#fares .state.good", connection)
    await walk.keep("well-again")


@asynccontextmanager
async def opened(look: str) -> AsyncIterator[Page]:
    """A browser that looks at things this way."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(**LOOKS[look])
        context.set_default_timeout(45_000)
        yield await context.new_page()
        await browser.close()


async def first_token(addresses: Addresses, firm_id: str) -> str:
    """A token of the firm's first administrator, as the platform gets it."""
    async with httpx.AsyncClient(base_url=addresses.http["hub"]) as client:
        headers = {"Authorization": f"Bearer {addresses.platform_secret}"}
        answer = await client.post(f"/v1/firms/{firm_id}/tokens", json={}, headers=headers)
        answer.raise_for_status()
        token: str = answer.json()["token"]
        return token


async def main() -> int:
    """The whole way in every look, each as a firm of its own; the exit status."""
    addresses: Addresses = read_addresses()
    PICTURES.mkdir(parents=True, exist_ok=True)
    findings: list[str] = []
    with watching() as progress:
        async with open_systems(addresses) as systems:
            for look in os.environ.get("LOOKS", ",".join(LOOKS)).split(","):
                town = Town(systems, progress)
                await town.build()
                async with opened(look) as page:
                    here = Walk(addresses.http["hub"], look, page, town, findings)
                    await walk(here, await first_token(addresses, town.firm_id))
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings on {len(list(PICTURES.glob('*.png')))} pictures")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
