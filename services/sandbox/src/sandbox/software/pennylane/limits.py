"""The vendor's throttle: 25 requests in 5 seconds a token, told on every answer.

Published: the limit, the three headers (`ratelimit-reset` in seconds since 1970), `retry-after` and the sentence over
the limit. Assumed: periods are fixed, not sliding; a request that is refused for its token is not counted.
"""

import math
from time import time

from sandbox.adapters.tokens import Token
from sandbox.app.windows import Windows
from sandbox.software.pennylane.errors import VendorError

REQUESTS = 25
SECONDS = 5.0


class Limits:
    """What each token has used, in this process."""

    def __init__(self) -> None:
        self._windows = Windows()

    def count(self, token: Token) -> dict[str, str]:
        """Count a request of this token; the headers that its answer carries. Raises 429 with the same headers."""
        total = token.requests or REQUESTS
        period = self._windows.count(token.id, token.seconds or SECONDS)
        headers = {
            "ratelimit-limit": str(total),
            "ratelimit-remaining": str(max(total - period.used, 0)),
            "ratelimit-reset": str(math.ceil(period.ends)),
        }
        if period.used > total:
            wait = max(math.ceil(period.ends - time()), 1)
            raise VendorError("rate_limit", wait, headers=headers | {"retry-after": str(wait)})
        return headers
