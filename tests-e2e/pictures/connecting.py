"""The way from the first sign-in to active files, with what goes wrong on it."""

from looking import Walk
from town import CONNECTOR, ONLY_THERE


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
