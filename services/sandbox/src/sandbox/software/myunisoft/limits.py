"""The vendor's throttle: requests per period and token, and requests at once per token and route.

Published: 20 per 10 seconds by default, 10 at once, and the three headers. Assumed: periods are fixed, not sliding, and
`X-Rate-Limit-Reset` counts seconds since 1970.
"""

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.adapters.tokens import Token
from sandbox.app.windows import Windows
from sandbox.software.myunisoft.errors import VendorError

REQUESTS = 20
SECONDS = 10.0
CONCURRENT = 10


class Limits:
    """What each token has used, in this process."""

    def __init__(self) -> None:
        self._windows = Windows()
        self._under_way: Counter[tuple[int, str]] = Counter()

    def count(self, token: Token) -> dict[str, str]:
        """Count a request of this token; the headers that its answer carries.

        Raises `VendorError` ERR-TOO-MANY-REQUEST, with the same headers, when the period is used up.
        """
        total = token.requests or REQUESTS
        period = self._windows.count(token.id, token.seconds or SECONDS)
        headers = {
            "X-Rate-Limit-Total": str(total),
            "X-Rate-Limit-Remaining": str(max(total - period.used, 0)),
            "X-Rate-Limit-Reset": str(math.ceil(period.ends)),
        }
        if period.used > total:
            raise VendorError("ERR-TOO-MANY-REQUEST", headers=headers)
        return headers

    @contextmanager
    def under_way(self, token: Token, route: str) -> Iterator[None]:
        """Hold one of the token's places on a route. Raises ERR-TOO-MANY-CONCURRENT-REQUESTS when all are taken."""
        place = (token.id, route)
        if self._under_way[place] >= (token.concurrent or CONCURRENT):
            raise VendorError("ERR-TOO-MANY-CONCURRENT-REQUESTS")
        self._under_way[place] += 1
        try:
            yield
        finally:
            self._under_way[place] -= 1
