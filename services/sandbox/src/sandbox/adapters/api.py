"""HTTP APIs of the house as commands call them: JSON in and out, and two ways to fail."""

from types import TracebackType
from typing import Any, Self

import httpx

TIMEOUT_SECONDS = 60.0


class Unreachable(Exception):
    """A part does not answer; the message names it and its address."""


class ApiRefused(Exception):
    """A part answered no: HTTP status, its own code where it has one, and its words."""

    def __init__(self, part: str, status: int, code: str, detail: str) -> None:
        self.status = status
        self.code = code
        super().__init__(f"{part} refused ({status}{f', {code}' if code else ''}): {detail}")


class Api:
    """One part's API below one address. Use as a context; `call` gives the decoded body or raises."""

    def __init__(self, part: str, base_url: str) -> None:
        self.part = part
        self.base_url = base_url
        self._client = httpx.AsyncClient(base_url=base_url, timeout=TIMEOUT_SECONDS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    def authorize(self, token: str) -> None:
        """Show this token from now on."""
        self._client.headers["Authorization"] = f"Bearer {token}"

    async def call(self, method: str, path: str, body: Any = None, /, **params: str | int) -> Any:
        """The decoded answer, nothing for an empty one. Raises `Unreachable` and `ApiRefused`."""
        try:
            answer = await self._client.request(method, path, json=body, params=params or None)
        except httpx.TransportError as error:
            raise Unreachable(f"{self.part} does not answer at {self.base_url} ({type(error).__name__})") from None
        if answer.is_success:
            return answer.json() if answer.content else None
        raise _refusal(self.part, answer)


def _refusal(part: str, answer: httpx.Response) -> ApiRefused:
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    detail = problem.get("detail") or problem.get("title") or answer.reason_phrase
    return ApiRefused(part, answer.status_code, str(problem.get("code", "")), str(detail))
