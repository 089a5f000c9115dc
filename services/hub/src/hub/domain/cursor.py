"""Where a list goes on: the sort key of the last row seen, opaque to whoever carries it."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import TypeVar

import orjson

from hub.domain.problem import Refused

T = TypeVar("T")


def write_cursor(*key: str) -> str:
    """The cursor after a row with this sort key."""
    return urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def read_cursor(cursor: str, read: Callable[[list[str]], T]) -> T:
    """The sort key in a cursor, as `read` makes it of its texts. Raises `Refused` for one this list did not give."""
    try:
        key = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(key, list) or any(not isinstance(item, str) or "\x00" in item for item in key):
            raise Refused("invalid_cursor")
        return read(key)
    except (binascii.Error, ValueError, IndexError):
        raise Refused("invalid_cursor") from None
