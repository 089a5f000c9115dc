"""A browser without scripts: cookies, pages read as HTML, forms sent as they stand on the page."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import httpx
from lxml import html

LANGUAGE = {"Accept-Language": "en"}


@dataclass
class Answer:
    """A page as it was answered."""

    url: str
    status: int
    tree: Any
    text: str
    headers: httpx.Headers

    @property
    def words(self) -> str:
        """What stands on the page, with single spaces."""
        return _words(self.tree)

    def form(self, action: str, **having: str) -> Any:
        """The one form with this action, and with a field of each name and value that is named."""
        found = [
            form
            for form in self.tree.xpath("//form[@method='post']")
            if form.get("action", "").partition("?")[0] == action
            and all(form.xpath(f".//*[@name='{name}'][@value='{value}']") for name, value in having.items())
        ]
        assert found, f"no form {action} on {self.url}: {[form.get('action') for form in self.tree.xpath('//form')]}"
        return found[0]

    def rows(self) -> list[list[str]]:
        """The cells of the page's table rows."""
        return [[_words(cell) for cell in row] for row in self.tree.xpath("//tbody/tr")]


class Browser:
    """One person's."""

    def __init__(self, base_url: str) -> None:
        self.client = httpx.AsyncClient(base_url=base_url, headers=LANGUAGE, timeout=40, follow_redirects=True)

    async def get(self, path: str, **query: str) -> Answer:
        """A page."""
        return _answer(await self.client.get(path, params=query or None))

    async def send(self, page: Answer, action: str, **typed: str | list[str]) -> Answer:
        """Send a form of a page with what is typed in it, and follow where it leads."""
        address, fields = self.filled(page, action, **typed)
        return _answer(await self.client.post(address, data=fields))

    def filled(self, page: Answer, action: str, **typed: str | list[str]) -> tuple[str, Any]:
        """Address and fields of a form as `send` sends them. `__` in a name stands for a dot."""
        form = page.form(action)
        fields: dict[str, Any] = dict(form.form_values())
        fields |= {name.replace("__", "."): value for name, value in typed.items()}
        return urljoin(page.url, form.get("action")), fields


async def signed_in(firm: Any, town: Any, token: str | None = None) -> Browser:
    """A browser with a session of the firm's administrator, or of whoever's token it is."""
    browser = Browser(town.world.http_url("hub"))
    page = await browser.get("/sign-in")
    given = token or firm.admin.headers["Authorization"].removeprefix("Bearer ")
    landed = await browser.send(page, "/sign-in", token=given)
    assert landed.url.endswith("/files"), landed.words
    return browser


def _words(element: Any) -> str:
    return " ".join(" ".join(element.itertext()).split())


def _answer(response: httpx.Response) -> Answer:
    assert response.headers["content-type"].startswith("text/html"), response.headers["content-type"]
    tree = html.fromstring(response.text)
    return Answer(str(response.url), response.status_code, tree, response.text, response.headers)
