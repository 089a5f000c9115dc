"""What passed between us and the software in one try: what was sent, what was answered, as the gateways kept it."""

from dataclasses import dataclass
from typing import Annotated, Literal

import orjson
import structlog
from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response

from hub.adapters import connectors, entry_lives
from hub.app import files
from hub.domain.entry import Attempt
from hub.domain.problem import Refused
from hub.entrypoints.api.access import TheHub
from hub.entrypoints.pages.documents import POLICY, TheStorage
from hub.entrypoints.pages.rendering import ThePage
from hub.entrypoints.pages.session import TheVisitor
from hub.entrypoints.pages.states import OUTCOME_TONES
from qontable.attachment import attachment_headers
from qontable.events.base import Id
from qontable.storage import DocumentMissing, Storage, StorageFailed

router = APIRouter()
MOST_SHOWN = 100_000
"""Characters of a text that a page shows; the whole is downloaded."""
PARTS = ("sent", "answered")
Operation = Literal["send", "find", "verify"]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TryAddress:
    """One try, as an address names it."""

    file_id: Id
    entry_id: Id
    delivery_id: Id
    operation: Operation
    attempt: Annotated[int, Path(ge=0, lt=2**31)]


@router.get("/files/{file_id}/entries/{entry_id}/attempts/{delivery_id}/{operation}/{attempt}")
async def show_attempt(
    page: ThePage, visitor: TheVisitor, hub: TheHub, storage: TheStorage, at: Annotated[TryAddress, Depends()]
) -> Response:
    """One try with its payload and answer; one of them alone, as a file, where `part` asks for it."""
    firm_id = visitor.caller.firm_id
    async with hub.look(firm_id) as db:
        file = await files.read(db, firm_id, at.file_id)
        entry = await entry_lives.find_entry(db, firm_id, at.file_id, at.entry_id)
        tried = await entry_lives.find_attempt(
            db,
            firm_id,
            at.file_id,
            at.entry_id,
            delivery_id=at.delivery_id,
            attempt=at.attempt,
            operation=at.operation,
        )
        names = {item.connector: item.sheet.name for item in await connectors.list_connectors(db)}
    if entry is None or tried is None:
        raise Refused("attempt_unknown", entry_id=at.entry_id)
    passed, state = await _passed(storage, tried)
    part = page.request.query_params.get("part")
    if part in PARTS and (text := passed.get(part)) is not None:
        name = f"{at.delivery_id}-{at.operation}-{at.attempt}-{part}.txt"
        headers = attachment_headers(name, "text/plain; charset=utf-8", None)
        return Response(text.encode(), headers=headers | POLICY)
    return page.show(
        "attempt.html",
        file=file,
        entry=entry,
        attempt=tried,
        state=state,
        parts=[(name, _readable(passed[name])) for name in PARTS if passed.get(name) is not None],
        most=MOST_SHOWN,
        software_name=names.get(file.connector or "", file.connector or ""),
        outcome_tones=OUTCOME_TONES,
    )


async def _passed(storage: Storage, tried: Attempt) -> tuple[dict[str, str], str]:
    """What was sent and answered for this delivery, and how it stands: kept, none, gone or unreadable."""
    if tried.payload_key is None:
        return {}, "none"
    try:
        kept = orjson.loads(await storage.get(tried.payload_key))
    except DocumentMissing:
        return {}, "gone"
    except StorageFailed as error:
        log.warning("a payload cannot be read", delivery_id=tried.delivery_id, error=str(error))
        return {}, "unreadable"
    own = kept.get(tried.delivery_id, {})
    return {name: own[name] for name in PARTS if own.get(name) is not None}, "kept"


def _readable(text: str) -> str:
    """JSON with a line for each value; anything else as it is."""
    try:
        return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return text
