"""One stream for each open page, as server-sent events: something on it has changed, or its session has ended."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import StringConstraints

from hub.adapters.changes import SESSIONS
from hub.app.access import recognise
from hub.app.hub import Hub
from hub.domain.problem import Refused
from hub.entrypoints.api.access import TheHub
from hub.entrypoints.pages.session import SESSION, TheVisitor
from qontable.database import UNREACHABLE

router = APIRouter()
STILL_THERE_SECONDS = 15.0
"""How often a quiet stream shows that it is there, and that its session holds."""
BETWEEN_SECONDS = 0.25
"""How long words are gathered after one was passed on: an evening's entries are not as many readings of a page."""
MOST_SUBJECTS = 20
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}

Subject: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^(file|connection):(\*|[A-Za-z0-9_.:\-]+)$", max_length=100)
]


@router.get("/changes")
async def follow(
    request: Request,
    visitor: TheVisitor,
    hub: TheHub,
    on: Annotated[list[Subject], Query(min_length=1, max_length=MOST_SUBJECTS)],
    since: Annotated[str, Query(max_length=80)] = "",
) -> StreamingResponse:
    """`changed` when one of the subjects `on` has changed after the mark `since`, `ended` when the session has."""
    stream = _told(hub, request.cookies.get(SESSION, ""), visitor.caller.firm_id, on, since)
    return StreamingResponse(stream, media_type="text/event-stream", headers=HEADERS)


async def _told(hub: Hub, session: str, firm_id: str, subjects: list[str], since: str) -> AsyncIterator[bytes]:
    changes = hub.signals.changes
    look_at = monotonic() + STILL_THERE_SECONDS
    with changes.feed(firm_id, subjects, since=since) as feed:
        yield b"retry: 2000\n\n"
        while not changes.stopped:
            changed = await feed.wait(STILL_THERE_SECONDS)
            if SESSIONS in changed or monotonic() >= look_at:
                look_at = monotonic() + STILL_THERE_SECONDS
                if not await _holds(hub, session):
                    yield b"event: ended\ndata:\n\n"
                    return
            yield b"event: changed\ndata:\n\n" if changed - {SESSIONS} else b": still there\n\n"
            await asyncio.sleep(BETWEEN_SECONDS)


async def _holds(hub: Hub, session: str) -> bool:
    """Whether the session holds; while nobody can say, it does: nothing is told here but that something changed."""
    try:
        await recognise(hub, session)
    except Refused:
        return False
    except UNREACHABLE:
        return True
    return True
