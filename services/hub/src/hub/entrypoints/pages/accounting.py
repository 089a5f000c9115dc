"""A client file's accounting page: tabs with counts, filters in the address, one notice for each cause."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError

from hub.adapters import connections as connection_rows
from hub.adapters import connectors, entry_lists, references
from hub.app import entries, files
from hub.domain.client_file import SENDING
from hub.domain.cursor import read_cursor
from hub.domain.entry import CauseCount, Entry, EntryFilter
from hub.entrypoints.api.access import TheHub
from hub.entrypoints.api.sending import shown
from hub.entrypoints.pages.rendering import ThePage, go
from hub.entrypoints.pages.session import Posted, TheVisitor
from hub.entrypoints.pages.states import CONNECTION_TONES, FILE_TONES, connection_state, entry_state
from qontable.database import Connection as Db
from qontable.events.base import Id
from qontable.events.delivery import EntryStatus

router = APIRouter()
ROWS = 50
NOTICES = 5
Tab = Literal["to_verify", "ready", "synchronized", "withdrawn"]
TABS: dict[Tab, tuple[EntryStatus, ...]] = {
    "to_verify": ("to_verify",),
    "ready": ("ready", "sending"),
    "synchronized": ("synchronized",),
    "withdrawn": ("withdrawn",),
}
FILTERS = (
    "q",
    "status",
    "delivery_state",
    "waiting_for",
    "journal",
    "kind",
    "date_from",
    "date_to",
    "amount_from",
    "amount_to",
    "cause",
)
"""As they stand in the address; each is a field of `EntryFilter`."""
KINDS = ("purchase", "sale", "expense_report", "bank", "miscellaneous")


@router.get("/files/{file_id}")
async def show_file(page: ThePage, visitor: TheVisitor, hub: TheHub, request: Request, file_id: Id) -> Response:
    """One tab of the file's entries."""
    firm_id = visitor.caller.firm_id
    query = request.query_params
    chosen = {name: query[name].strip() for name in FILTERS if query.get(name, "").strip()}
    wanted = _filter(chosen)
    after = (
        read_cursor(query["cursor"], lambda key: (date.fromisoformat(key[0]), key[1])) if "cursor" in query else None
    )
    async with hub.look(firm_id) as db:
        file = await files.read(db, firm_id, file_id)
        counts = await entry_lists.count_entries(db, firm_id, file_id)
        tab = _tab(query.get("tab"), counts.tabs)
        found: list[Entry] = []
        following = None
        if wanted is not None:
            found, following = await entry_lists.list_entries(
                db, firm_id, file_id, wanted, after=after, limit=ROWS, statuses=TABS[tab]
            )
        notices = await _notices(db, firm_id, file_id) if tab == "to_verify" else []
        connection = (
            await connection_rows.find_connection(db, firm_id, file.connection_id) if file.connection_id else None
        )
        journals = await entry_lists.list_journals(db, firm_id, file_id)
        refresh = await references.find_refresh(db, firm_id, file_id)
        names = {item.connector: item.sheet.name for item in await connectors.list_connectors(db)}
    tab_counts = {name: sum(counts.tabs[status] for status in statuses) for name, statuses in TABS.items()}
    return page.show(
        "accounting_entries.html" if query.get("part") == "entries" else "accounting.html",
        file=shown(hub, file),
        software_name=names.get(file.connector or "", file.connector or ""),
        connection=connection,
        health=connection_state(connection) if connection else None,
        health_tones=CONNECTION_TONES,
        file_tones=FILE_TONES,
        refresh=refresh,
        tab=tab,
        tabs=tab_counts,
        counts=counts,
        entries=found,
        following=following,
        notices=notices,
        chosen=dict.fromkeys(FILTERS, "") | chosen,
        filtered=bool(chosen),
        unreadable=wanted is None,
        journals=journals,
        kinds=KINDS,
        entry_state=entry_state,
        can_send=file.active and file.state in SENDING,
        moving=counts.tabs["sending"] > 0 or query.get("said") in {"synchronized", "verified_again"},
    )


@router.post("/files/{file_id}/synchronization")
async def synchronize(visitor: TheVisitor, hub: TheHub, file_id: Id, _: Posted) -> Response:
    """What is ready leaves now."""
    async with hub.act(visitor.caller) as action:
        await entries.synchronize(action, [file_id])
    return go(f"/files/{file_id}", "synchronized", tab="ready")


@router.post("/files/{file_id}/verification")
async def verify_all(visitor: TheVisitor, hub: TheHub, file_id: Id, form: Posted) -> Response:
    """Mark verified again everything that came back for one cause."""
    async with hub.act(visitor.caller) as action:
        await files.read(action.db, action.firm_id, file_id)
        await entries.verify_all(action, file_id, str(form.get("cause", ""))[:80])
    return go(f"/files/{file_id}", "verified_again", tab="to_verify")


def _filter(chosen: Mapping[str, str]) -> EntryFilter | None:
    """What was chosen, if it can be read. Amounts are typed with a comma as well as with a point."""
    values: dict[str, Any] = dict(chosen)
    for name in ("amount_from", "amount_to"):
        if name in values:
            values[name] = "".join(values[name].replace(",", ".").split())
    try:
        return EntryFilter.model_validate(values)
    except ValidationError:
        return None


def _tab(named: str | None, counts: Mapping[EntryStatus, int]) -> Tab:
    """The tab that is named, else the first in which there is something."""
    for tab in TABS:
        if named == tab:
            return tab
    return next((tab for tab, statuses in TABS.items() if any(counts[status] for status in statuses)), "to_verify")


async def _notices(db: Db, firm_id: str, file_id: str) -> list[tuple[CauseCount, Entry]]:
    """The causes that several entries share, each with one of them, which has the words."""
    notices = []
    causes = await entry_lists.count_open_causes(db, firm_id, file_id)
    for cause in [item for item in causes if item.entries > 1][:NOTICES]:
        wanted = EntryFilter(status="to_verify", cause=cause.cause)
        found, _ = await entry_lists.list_entries(db, firm_id, file_id, wanted, after=None, limit=1)
        if found:
            notices.append((cause, found[0]))
    return notices
