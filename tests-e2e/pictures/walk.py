"""Walks the pages as an accountant would, takes their pictures, and has axe look at every one of them.

`make pictures` runs it beside a local stack, LOOKS=fr-laptop,en-phone in some looks only. Pictures go to
`docs/pictures`; the exit status is 1 when axe finds anything, 0 when it finds nothing.
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
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from town import CONNECTOR, Town

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
"""Each page is seen in each: both languages, both widths, light and dark."""


@dataclass
class Walk:
    """One walk: a context per look, all signed in, and what axe found."""

    base: str
    contexts: dict[str, BrowserContext]
    findings: list[str] = field(default_factory=list)

    async def sign_in(self, token: str) -> None:
        """The sign-in itself, then a session for every look."""
        await self.see("sign-in", "/sign-in")
        for context in self.contexts.values():
            page = await context.new_page()
            await page.goto(f"{self.base}/sign-in#{token}")
            await page.locator("form[action='/sign-in'] button").click()
            await page.wait_for_url("**/files")
            await page.close()

    async def see(self, name: str, path: str) -> None:
        """A page that only shows, in every look."""
        for look, context in self.contexts.items():
            page = await context.new_page()
            await page.goto(f"{self.base}{path}")
            await self.keep(page, name, look)
            await page.close()

    async def keep(self, page: Page, name: str, look: str = "fr-laptop") -> None:
        """The picture of a page as it is now, and what axe finds on it."""
        await page.screenshot(path=PICTURES / f"{name}.{look}.png", full_page=look.startswith("en"))
        await page.evaluate(AXE.read_text(encoding="utf-8"))
        result = await page.evaluate("axe.run()")
        assert result["passes"], f"axe looked at nothing on {name}"
        for finding in result["violations"]:
            places = "; ".join(str(node["target"][0]) for node in finding["nodes"][:3])
            self.findings.append(f"{name}.{look}: {finding['id']} ({finding['impact']}): {finding['help']}: {places}")


async def walk(town: Town, walk: Walk, token: str) -> None:
    """From the first sign-in to a disabled integration, with what goes wrong on the way."""
    await walk.sign_in(token)
    await walk.see("files-before", "/files")
    await walk.see("integrations-before", "/integrations")
    await walk.see("article", f"/integrations/{CONNECTOR}")
    page = await walk.contexts["fr-laptop"].new_page()
    connection = await connect(page, town, walk)
    await mapping(page, town, walk, connection)
    await town.publish_backlog()
    await activation(page, walk, connection)
    await town.publish_rest()
    await entries(page, town, walk)
    await walk.see("status", connection)
    await walk.see("integrations", "/integrations")
    await walk.see("files", "/files")
    await ailing(page, town, walk, connection)
    await walk.see("not-there", "/nowhere")
    await page.close()


async def connect(page: Page, town: Town, walk: Walk) -> str:
    """The wizard's keys: empty, wrong, right; the connection's path."""
    start = f"/integrations/{CONNECTOR}/start"
    await page.goto(f"{walk.base}{start}")
    await walk.see("keys", start)
    await page.locator("input[type=password]").fill("short")
    await page.locator("main form button").click()
    await walk.keep(page, "keys-wrong-form")
    await page.locator("input[type=password]").fill("wrong-key-of-nobody")
    await page.locator("main form button").click()
    await page.wait_for_selector("#result .state.bad")
    await walk.keep(page, "keys-refused")
    await page.locator("#result a.button").click()
    await page.locator("input[type=password]").fill(f" {town.key} ")
    await page.locator("main form button").click()
    await page.wait_for_selector("#result .state.good")
    await walk.keep(page, "keys-accepted")
    await page.locator("#result a.button").click()
    path = page.url.removeprefix(walk.base)
    await walk.see("options", path)
    await page.locator("#frequency-real_time").check()
    await page.locator("main form button.primary").click()
    await page.wait_for_url("**/mapping")
    return path.removesuffix("/options")


async def mapping(page: Page, town: Town, walk: Walk, connection: str) -> None:
    """Suggestions, one file twice, another SIREN confirmed."""
    await walk.see("mapping", f"{connection}/mapping")
    empty = page.locator("input[list=choices][value='']")
    await empty.first.fill("nonsense")
    await page.locator("main form[method=post] button.primary").click()
    await walk.keep(page, "mapping-conflict")
    await page.locator("input[aria-invalid=true]").fill("")
    await page.locator("main form[method=post] button.primary").click()
    await page.wait_for_url("**said=mapped")
    await walk.keep(page, "status-mapped")


async def activation(page: Page, walk: Walk, connection: str) -> None:
    """The backlog by year, and everything activated at once."""
    await page.goto(f"{walk.base}{connection}")
    await page.locator("[data-ticks-all]").check()
    await page.locator("button[form=chosen]").click()
    await page.wait_for_selector("#before-from")
    await walk.see("activation", page.url.removeprefix(walk.base))
    await page.locator("#before-from").check()
    await page.locator("main form button.primary").click()
    await page.wait_for_url("**said=activated")
    await walk.keep(page, "status-activating")


async def entries(page: Page, town: Town, walk: Walk) -> None:
    """Tabs, a cause with one gesture, entries that failed and that are in the books."""
    root = f"/files/{town.file_id}"
    await walk.see("to-verify", f"{root}?tab=to_verify")
    await walk.see("synchronized", f"{root}?tab=synchronized")
    await walk.see("ready", f"{root}?tab=ready")
    await page.goto(f"{walk.base}{root}?tab=to_verify")
    failed = await page.locator("tbody a[data-row]").first.get_attribute("href")
    await page.locator("tbody .hint").first.focus()
    await walk.keep(page, "to-verify-hint")
    await walk.see("entry-failed", failed or "")
    await correction(page, town, walk, root)
    await page.goto(f"{walk.base}{root}?tab=to_verify")
    await town.unlock()
    await page.locator(".notice form button").first.click()
    await page.wait_for_url("**said=verified_again**")
    await walk.keep(page, "verified-again")
    await page.goto(f"{walk.base}{root}?tab=synchronized")
    booked = await page.locator("tbody a[data-row]").first.get_attribute("href")
    await page.goto(f"{walk.base}{booked}")
    await page.locator("details.card summary").click()
    await walk.keep(page, "entry-technical")
    await walk.see("entry-synchronized", booked or "")
    await walk.see("remapping", f"{root}/mapping")


async def correction(page: Page, town: Town, walk: Walk, root: str) -> None:
    """An entry on an unknown account: mistyped, told so while typing, corrected, and in the books."""
    await page.goto(f"{walk.base}{root}?tab=to_verify&cause=account_unknown")
    entry = await page.locator("tbody a[data-row]").first.get_attribute("href")
    await walk.see("correction", f"{entry}/correction")
    await page.goto(f"{walk.base}{entry}/correction")
    await page.locator("#label").fill("")
    await page.wait_for_selector("#preflight .notice.bad")
    await walk.keep(page, "correction-preflight")
    await page.locator("#correction button.primary").click()
    await page.wait_for_selector("[role=alert]")
    await walk.keep(page, "correction-refused")
    await page.locator("#label").fill("Fournitures")
    await page.wait_for_selector("#preflight .state.good")
    await page.locator("#lines-0-account").fill(town.right_account())
    await page.locator("#correction button.primary").click()
    await page.wait_for_url("**said=correction_asked")
    await walk.keep(page, "correction-asked")
    for _ in range(60):
        await page.goto(f"{walk.base}{entry}")
        if await page.locator(".head .state.good").count():
            break
        await asyncio.sleep(1)
    else:
        raise AssertionError(f"the corrected entry {entry} did not reach the books")
    await walk.keep(page, "correction-booked")


async def ailing(page: Page, town: Town, walk: Walk, connection: str) -> None:
    """The key is revoked; then the integration is disabled and enabled again."""
    await town.revoke(revoked=True)
    await page.goto(f"{walk.base}/files/{town.file_id}")
    await page.locator("details.menu summary").click()
    await walk.keep(page, "menu")
    await page.locator("details.menu form[action$='/refresh'] button").click()
    for _ in range(60):
        await page.goto(f"{walk.base}{connection}")
        if await page.locator(".notice.bad").count():
            break
        await asyncio.sleep(1)
    await walk.see("credentials-refused", connection)
    await town.revoke(revoked=False)
    await walk.see("disable", f"{connection}/disable")
    await page.goto(f"{walk.base}{connection}/disable")
    await page.locator("button.danger").click()
    await page.wait_for_url("**said=disabled")
    await walk.see("disabled", connection)


@asynccontextmanager
async def opened(base: str) -> AsyncIterator[Walk]:
    """A browser with a context for every look."""
    async with async_playwright() as playwright:
        browser: Browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        chosen = os.environ.get("LOOKS", ",".join(LOOKS)).split(",")
        contexts = {look: await browser.new_context(**LOOKS[look]) for look in chosen}
        for context in contexts.values():
            context.set_default_timeout(90_000)
        yield Walk(base, contexts)
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
    """The whole walk; the exit status."""
    addresses: Addresses = read_addresses()
    PICTURES.mkdir(parents=True, exist_ok=True)
    with watching() as progress:
        async with open_systems(addresses) as systems, opened(addresses.http["hub"]) as looks:
            town = Town(systems, progress)
            await town.build()
            await walk(town, looks, await first_token(addresses, town.firm_id))
    for finding in looks.findings:
        print(finding)
    print(f"{len(looks.findings)} findings by axe on {len(list(PICTURES.glob('*.png')))} pictures")
    return 1 if looks.findings else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
