"""What a fault does to a request, the same at every software: how it is worked off, and what its caller gets to see."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import structlog
from starlette.responses import HTMLResponse, Response

from qontable.database import Connection, Database
from sandbox.adapters.booking import book
from sandbox.adapters.connection import CutConnection
from sandbox.adapters.late_requests import LateRequest, put_off
from sandbox.app.fault_box import FaultBox
from sandbox.domain.books import NewEntry
from sandbox.domain.distortion import distorted
from sandbox.domain.faults import NO_FAULT, Effect, Fault, Occasion, Refused, Reply

log = structlog.get_logger()

GARBAGE = "<!DOCTYPE html><html><head><title>Proxy</title></head><body><h1>It works!</h1></body></html>"

Refusals = Mapping[Reply, Callable[[Fault], Refused]]
"""How a software words `SERVER_ERROR`, `MAINTENANCE`, `THROTTLED` and `DOCUMENT_REFUSED`."""


class _UndoneError(Exception):
    """Takes back what a route did, and carries its answer out of the transaction."""

    def __init__(self, result: Any) -> None:
        self.result = result
        super().__init__()


def drawn(faults: FaultBox, occasion: Occasion) -> Fault:
    """The fault that strikes a request, said in the log, or `NO_FAULT`."""
    fault = faults.draw(occasion)
    if fault is None:
        return NO_FAULT
    log.info("fault strikes", fault=fault.kind, route=occasion.route, software_file=occasion.software_file_id)
    return fault


async def worked_off(
    database: Database, fault: Fault, late: LateRequest | None, work: Callable[[Connection], Awaitable[Any]]
) -> Any:
    """What `work` answers, after its transaction has ended as the fault demands: committed before anything is answered.

    `late` is the request as it would be kept to be worked off later; None where there is no client file to keep it for.
    """
    if fault.effect is Effect.NOT_DONE:
        return None
    try:
        async with database.transaction() as connection:
            if fault.effect is Effect.DONE_LATER and late is not None:
                return await put_off(connection, late, fault.seconds)
            return _kept(await work(connection), fault.effect)
    except _UndoneError as undone:
        return undone.result


def _kept(result: Any, effect: Effect) -> Any:
    """The result, unless the fault takes back what led to it."""
    if effect is Effect.UNDONE:
        raise _UndoneError(result)
    return result


async def shown(
    fault: Fault, run: Callable[[], Awaitable[Any]], answer: Callable[[Any], Response], refusals: Refusals
) -> Response:
    """Run, then show the caller what the fault lets be seen of it. Raises the `Refused` that is to be seen."""
    refusal: Refused | None = None
    result = None
    try:
        result = await run()
    except Refused as error:
        refusal = error
    match fault.reply:
        case Reply.CUT:
            return CutConnection()
        case Reply.GARBAGE:
            return HTMLResponse(GARBAGE)
        case Reply.LATE:
            await asyncio.sleep(fault.seconds)
        case Reply.ANSWER | Reply.WITHOUT_ENTRY:
            pass
        case told:
            raise refusals[told](fault)
    if refusal is not None:
        raise refusal
    return answer(result)


async def book_struck(connection: Connection, entry: NewEntry, fault: Fault) -> int:
    """Book an entry as the fault demands; the vendor's id of it. Raises `ReferenceTaken`."""
    entry_id = await book(connection, distorted(entry, fault))
    if fault.effect is Effect.DONE_TWICE:
        await book(connection, replace(entry, unique_reference=False))
    return entry_id
