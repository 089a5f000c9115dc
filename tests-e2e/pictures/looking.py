"""A browser that looks in one way: goes to pages, keeps their pictures, and has axe look at each."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright
from town import Town

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
UNSET = r"""[...document.querySelectorAll("body, [role=tooltip]")].flatMap(part =>
    part.innerText.replace(/«[^»]*»/g, "").match(/.{0,40} [;:!?].{0,10}|« .{0,40}/g) || [])"""
"""What has an ordinary space where French has none that breaks, the software's own words left out."""
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
        if look.startswith("fr"):
            self.findings += [f"{name}.{look}: not set as French: {text}" for text in await page.evaluate(UNSET)]

    async def until(self, selector: str, path: str) -> None:
        """Look at a page again and again until it shows this."""
        for _ in range(PATIENCE):
            await self.go(path)
            if await self.page.locator(selector).count():
                return
            await asyncio.sleep(1)
        raise AssertionError(f"{path} never showed {selector}")


@asynccontextmanager
async def opened(look: str) -> AsyncIterator[Page]:
    """A browser that looks at things this way."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(**LOOKS[look])
        context.set_default_timeout(45_000)
        yield await context.new_page()
        await browser.close()
