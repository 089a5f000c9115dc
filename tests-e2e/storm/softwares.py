"""What a storm must know of each software: by which routes entries come in, and by which they are looked up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sandbox.software.registry import softwares


@dataclass(frozen=True, slots=True)
class Routes:
    """Routes of a stand-in, as faults are ordered for them."""

    send: str
    find: tuple[str, ...]


ROUTES = {
    "cegid_loop": Routes("POST /importJson", ("GET /getImportStatus", "GET /EcritureComptable")),
    "myunisoft": Routes("POST /entry", ("GET /entry/id",)),
    "pennylane": Routes("POST /ledger_entries", ("GET /ledger_entries",)),
}
ON_SEND = (
    ("book_and_cut", 0.03, 0.0),
    ("book_and_error", 0.02, 0.0),
    ("book_later", 0.02, 2.0),
    ("answer_late", 0.01, 5.0),
    ("refuse_connection", 0.01, 0.0),
    ("server_error", 0.02, 0.0),
    ("throttle", 0.01, 1.0),
    ("maintenance", 0.005, 0.0),
    ("garbage", 0.01, 0.0),
    ("answer_without_entry", 0.02, 0.0),
)
ON_FIND = (
    ("server_error", 0.05, 0.0),
    ("garbage", 0.03, 0.0),
    ("refuse_connection", 0.03, 0.0),
)
"""Faults of a software: kind, how probable, seconds."""


@dataclass(frozen=True, slots=True)
class FaultOrder:
    """One fault of one software's."""

    connector: str
    kind: str
    route: str
    probability: float
    seconds: float


def faults_of(connectors: Sequence[str]) -> Iterator[FaultOrder]:
    """Every fault of these softwares."""
    for connector in connectors:
        routes = ROUTES[connector]
        for faults, places in ((ON_SEND, (routes.send,)), (ON_FIND, routes.find)):
            for kind, probability, seconds in faults:
                yield from (FaultOrder(connector, kind, route, probability, seconds) for route in places)


def known() -> tuple[str, ...]:
    """Every software that can be in a storm."""
    return tuple(softwares())
