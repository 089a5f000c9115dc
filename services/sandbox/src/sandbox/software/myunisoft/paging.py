"""Pages of a list. The vendor counts them but names no parameter: `limit` and `offset`, as elsewhere, are assumed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from sandbox.software.myunisoft.errors import VendorError


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of a list; without `limit` the whole of it."""

    offset: int
    limit: int | None

    @classmethod
    def of(cls, query: Mapping[str, str], default: int | None = None) -> Self:
        """The piece that a query asks for. Raises ERR-BAD-REQUEST."""
        limit = query.get("limit")
        offset = query.get("offset", "0")
        if not re.fullmatch(r"[0-9]{1,9}", offset):
            raise VendorError("ERR-BAD-REQUEST", "offset n'est pas un nombre")
        if limit is not None and not re.fullmatch(r"[1-9][0-9]{0,8}", limit):
            raise VendorError("ERR-BAD-REQUEST", "limit n'est pas un nombre positif")
        return cls(int(offset), int(limit) if limit is not None else default)

    def end(self, count: int) -> int:
        """The index after the last row shown, of a list of `count`."""
        return count if self.limit is None else min(self.offset + self.limit, count)

    def pages(self, count: int) -> int:
        """How many pages of this size a list has, at least one."""
        return 1 if self.limit is None else max(-(-count // self.limit), 1)
