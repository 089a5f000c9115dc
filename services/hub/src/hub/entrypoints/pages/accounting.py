"""A client file's accounting page: tabs with counts, filters in the address, one notice for each cause."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError

from hub.adapters import connections as connection_rows
from hub.adapters import connectors, entry_causes, entry_counts, entry_lists, references
from hub.app import entries, files, verifying
from hub.domain.client_file import SENDING
from hub.domain.cursor import read_cursor
from hub.domain.entry import Entry, EntryFilter, awaits_platform
from hub.entrypoints.api.access import TheHub
from hub.entrypoints.api.sending import shown
from hub.entrypoints.pages.progress import read_progress
from hub.entrypoints.pages.rendering import ThePage, go
from hub.entrypoints.pages.session import Posted, TheVisitor
from hub.entrypoints.pages.states import CONNECTION_TONES, FILE_TONES, connection_state, document_word, entry_state
from qontable.clock import now
from qontable.events.base import Id
from qontable.events.delivery import EntryStatus
from qontable.preflight import DOCUMENTED

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
STATES: dict[Tab, dict[str, Mapping[str, Any]]] = {
    "to_verify": {},
    "ready": {
        "ready": {"status": "ready"},
        "sending": {"status": "sending"},
        "unknown": {"delivery_state": "unknown"},
        "handed_over": {"delivery_state": "handed_over"},
        "parked": {"delivery_state": "parked"},
    },
    "synchronized": {
        "exported": {"detail": "exported"},
        "already_in_books": {"detail": "already_in_books"},
        "document_missing": {"documents": "missing"},
        "open_difference": {"open_difference": True},
    },
    "withdrawn": {},
}
"""What can be told apart within a tab: the keys of words under `entry.`, and what each means for `EntryFilter`."""
FOLDED = ("account", "third_party", "invoice_number", "date_from", "date_to", "amount_from", "amount_to")
FILTERS = ("q", "state", "waiting_for", "journal", "kind", "cause", *FOLDED)
"""As they stand in the address. Each but `state` is a field of `EntryFilter`."""
KINDS = ("purchase", "sale", "expense_report", "bank", "miscellaneous")


@router.get("/files/{file_id}")
async def show_file(page: ThePage, visitor: TheVisitor, hub: TheHub, request: Request, file_id: Id) -> Response:
    """One tab of the file's entries."""
    firm_id = visitor.caller.firm_id
    query = request.query_params
    chosen = {name: query[name].strip() for name in FILTERS if query.get(name, "").strip()}
    after = (
        read_cursor(query["cursor"], lambda key: (date.fromisoformat(key[0]), key[1])) if "cursor" in query else None
    )
    async with hub.look(firm_id) as db:
        file = await files.read(db, firm_id, file_id)
        counts = await entry_counts.count_entries(db, firm_id, file_id)
        tab = _tab(query.get("tab"), counts.tabs)
        wanted = _filter(chosen, tab)
        found: list[Entry] = []
        following = None
        if wanted is not None:
            found, following = await entry_lists.list_entries(
                db, firm_id, file_id, wanted, after=after, limit=ROWS, statuses=TABS[tab]
            )
        causes = await entry_causes.list_causes(db, firm_id, file_id, counts.causes) if tab == "to_verify" else []
        progress = await read_progress(db, firm_id, [file_id], query.get("asked"))
        connection = (
            await connection_rows.find_connection(db, firm_id, file.connection_id) if file.connection_id else None
        )
        journals = await entry_lists.list_journals(db, firm_id, file_id)
        refresh = await references.find_refresh(db, firm_id, file_id)
        names = {item.connector: item.sheet.name for item in await connectors.list_connectors(db)}
    at = now()
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
        documented=DOCUMENTED,
        following=following,
        notices=[cause for cause in causes if cause.open > 1][:NOTICES],
        causes=causes,
        states=STATES[tab],
        folded=any(name in chosen for name in FOLDED),
        progress=progress,
        chosen=dict.fromkeys(FILTERS, "") | chosen,
        filtered=bool(chosen),
        unreadable=wanted is None,
        journals=journals,
        kinds=KINDS,
        entry_state=entry_state,
        awaits_platform=lambda entry: awaits_platform(entry, at),
        document_word=document_word,
        can_send=file.active and file.state in SENDING,
        moving=counts.tabs["sending"] > 0 or query.get("said") in {"synchronized", "verified_all"},
        asked=query.get("asked"),
    )


@router.post("/files/{file_id}/synchronization")
async def synchronize(visitor: TheVisitor, hub: TheHub, file_id: Id, _: Posted) -> Response:
    """What is ready leaves now."""
    async with hub.act(visitor.caller) as action:
        await entries.synchronize(action, [file_id])
        leaving = await entry_counts.count_leaving(action.db, action.firm_id, [file_id])
    return go(f"/files/{file_id}", "synchronized", tab="ready", asked=str(leaving))


@router.post("/files/{file_id}/verification")
async def verify_all(visitor: TheVisitor, hub: TheHub, file_id: Id, form: Posted) -> Response:
    """Mark verified again everything that came back for one cause."""
    async with hub.look(visitor.caller.firm_id) as db:
        await files.read(db, visitor.caller.firm_id, file_id)
    asked = await verifying.verify_all(hub, visitor.caller, file_id, str(form.get("cause", ""))[:80])
    return go(f"/files/{file_id}", "verified_all" if asked else "verified_none", tab="to_verify", count=str(asked))


def _filter(chosen: Mapping[str, str], tab: Tab) -> EntryFilter | None:
    """What was chosen, if it can be read. Amounts are typed with a comma as well as with a point.

    A state of another tab, as it stands in an address that somebody kept, chooses nothing here.
    """
    values: dict[str, Any] = {name: text for name, text in chosen.items() if name != "state"}
    values |= STATES[tab].get(chosen.get("state", ""), {})
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
