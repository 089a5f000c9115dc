"""The day's work: entries that arrive, come back and leave, what the software has, and a connection that ails."""

import asyncio

from looking import Walk
from town import HELD


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
