"""Stand-ins that cost next to nothing, one module for each connector that is measured.

A module says what a firm types (`credentials`), where gateways find it (`settings`) and answers requests (`Software`).
It keeps no books beyond what a connector asks back, so it judges nothing; the sandbox does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

import orjson

USUAL = "myunisoft"
"""The software of benches that measure anything but sending."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that is whole; `query` holds the last value of each name."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered, and the references of the entries that were booked by the request."""

    content: object
    status: bytes = b"200 OK"
    booked: tuple[str, ...] = ()

    def body(self) -> bytes:
        """The content as JSON."""
        return orjson.dumps(self.content)


class Software(Protocol):
    """One stand-in."""

    def answer(self, request: Request) -> Answer:
        """Answer at once. Raises `LookupError` for a route that it does not have."""


class Vendor(Protocol):
    """A module of this package."""

    Software: type[Software]

    def credentials(self, token: str) -> dict[str, str]:
        """What a firm with this token types into the wizard."""

    def settings(self, url: str) -> dict[str, str]:
        """Variables of the gateways, with the stand-in at this address."""


def vendors() -> tuple[str, ...]:
    """Every connector that can be measured."""
    return tuple(sorted(module.name for module in iter_modules(__path__)))


def vendor_of(connector: str) -> Vendor:
    """The stand-in of a connector."""
    return cast(Vendor, import_module(f"bench.vendors.{connector}"))
