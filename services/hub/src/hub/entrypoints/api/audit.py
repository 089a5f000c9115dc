"""The audit log."""

from fastapi import APIRouter
from pydantic import BaseModel

from hub.adapters import audit
from hub.domain.act import Act
from hub.domain.cursor import read_cursor
from hub.entrypoints.api.access import Administrator, TheHub
from hub.entrypoints.api.refusals import refuses
from hub.entrypoints.api.values import Cursor, Limit, Reference

router = APIRouter(tags=["Audit log"])


class Acts(BaseModel):
    """A page of the audit log."""

    acts: list[Act]
    next: str | None


@router.get("/audit", responses=refuses("administrators_only", "invalid_cursor"))
async def list_acts(
    caller: Administrator, hub: TheHub, subject: Reference = None, cursor: Cursor = None, limit: Limit = 100
) -> Acts:
    """Who did what, to what, when: latest first. `subject` is the id of what it was done to."""
    before = read_cursor(cursor, lambda key: min(int(key[0]), 2**63 - 1)) if cursor else None
    async with hub.look(caller.firm_id) as db:
        found, following = await audit.list_acts(db, caller.firm_id, before=before, subject=subject, limit=limit)
    return Acts(acts=found, next=following)
