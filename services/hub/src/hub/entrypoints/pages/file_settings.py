"""A client file's own settings: its journal map, and what is done where its software leaves a choice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.datastructures import FormData

from hub.adapters import entry_lists, reference_rows, references
from hub.app import activation, files
from hub.app.hub import Action, Hub
from hub.domain.client_file import ClientFile
from hub.domain.file_settings import (
    MOST_JOURNALS,
    JournalRow,
    read_closing_date,
    read_journal_map,
)
from hub.domain.problem import Refused
from hub.entrypoints.api.access import TheHub
from hub.entrypoints.pages.rendering import Page, ThePage, go
from hub.entrypoints.pages.session import Posted, TheVisitor, Visitor
from hub.entrypoints.pages.wizard import read_with_software
from qontable.database import Connection as Db
from qontable.events.base import Id
from qontable.events.hub import FilePolicies

router = APIRouter()
SPARE_ROWS = 2
"""Empty rows of the journal map, for journals that no entry has named yet."""
CHOICES = {
    "missing_accounts": frozenset({"", "create", "ask", "return"}),
    "duplicates": frozenset({"ask", "send"}),
    "documents": frozenset({"warn", "hold"}),
}
"""What may be chosen in each field of the rules; nothing about missing accounts where the software leaves no choice."""
POLICY_FIELDS = (*CHOICES, "closed_until")


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed that was not taken, and why."""

    refused: Refused
    journals: Sequence[JournalRow] = ()
    policies: Mapping[str, str] = field(default_factory=dict)


@router.get("/files/{file_id}/settings")
async def show_settings(page: ThePage, visitor: TheVisitor, hub: TheHub, file_id: Id) -> Response:
    """The settings as they are."""
    return await _answer(page, visitor, hub, file_id)


@router.post("/files/{file_id}/journal-map")
async def change_journal_map(page: ThePage, visitor: TheVisitor, hub: TheHub, file_id: Id, form: Posted) -> Response:
    """Which journal of the software takes which journal of Qonto; the same code where none is named."""
    rows = [
        JournalRow(str(form.get(f"from.{index}", "")).strip(), str(form.get(f"to.{index}", "")).strip())
        for index in range(MOST_JOURNALS)
        if f"from.{index}" in form
    ]
    try:
        async with hub.act(visitor.caller) as action:
            file = await files.hold(action, file_id)
            known = await _software_journals(action.db, action.firm_id, file)
            wanted = read_journal_map(rows, known)
            if wanted != file.journal_map:
                _refuse_moved_on(file, form)
            await activation.change_journal_map(action, file_id, wanted)
    except Refused as refused:
        if refused.code not in {"journal_map_refused", "settings_moved_on"}:
            raise
        return await _answer(page, visitor, hub, file_id, Typed(refused, journals=rows))
    return go(f"/files/{file_id}/settings", "settings_kept")


@router.post("/files/{file_id}/policies")
async def change_policies(page: ThePage, visitor: TheVisitor, hub: TheHub, file_id: Id, form: Posted) -> Response:
    """What is done about missing accounts, possible duplicates and absent documents, and the closing date."""
    typed = {name: str(form.get(name, "")).strip() for name in POLICY_FIELDS}
    try:
        async with hub.act(visitor.caller) as action:
            await _change_policies(action, file_id, typed, form)
    except Refused as refused:
        if refused.code not in {"closing_date_impossible", "settings_moved_on"}:
            raise
        return await _answer(page, visitor, hub, file_id, Typed(refused, policies=typed))
    return go(f"/files/{file_id}/settings", "settings_kept")


async def _change_policies(action: Action, file_id: str, typed: Mapping[str, str], form: FormData) -> None:
    """Raises `Refused`: closing_date_impossible, settings_moved_on, choice_missing, and whatever the action does."""
    file = await files.hold(action, file_id)
    if any(typed[field] not in choices for field, choices in CHOICES.items()):
        raise Refused("choice_missing")
    wanted = FilePolicies.model_validate(
        {
            "create_missing_accounts": typed["missing_accounts"] == "create",
            "ask_before_creating": typed["missing_accounts"] == "ask",
            "possible_duplicates": typed["duplicates"],
            "missing_documents": typed["documents"],
            "closed_until": read_closing_date(typed["closed_until"]),
        }
    )
    if wanted != file.policies:
        _refuse_moved_on(file, form)
    await activation.change_policies(action, file_id, wanted)


def _refuse_moved_on(file: ClientFile, form: FormData) -> None:
    """Raises `Refused` settings_moved_on when somebody changed the file since the form was shown."""
    if str(form.get("version", "")) != str(file.version):
        raise Refused("settings_moved_on", file=file.name)


async def _software_journals(db: Db, firm_id: str, file: ClientFile) -> list[str]:
    """The codes of the software's journals, as far as they are known here."""
    if file.software_file is None:
        return []
    held = await reference_rows.find_held(db, firm_id, file.file_id, file.software_file.software_file_id)
    if held is None:
        return []
    found, _ = await reference_rows.list_rows(
        db, firm_id, file.file_id, "journals", text=None, after=None, limit=MOST_JOURNALS
    )
    return [row.code for row in found]


def _about_missing(policies: FilePolicies) -> str:
    if policies.create_missing_accounts:
        return "create"
    return "ask" if policies.ask_before_creating else "return"


async def _answer(page: Page, visitor: Visitor, hub: Hub, file_id: str, typed: Typed | None = None) -> Response:
    firm_id = visitor.caller.firm_id
    async with hub.look(firm_id) as db:
        file = await files.read(db, firm_id, file_id)
        connection, software = (
            await read_with_software(db, firm_id, file.connection_id) if file.connection_id else (None, None)
        )
        named = await entry_lists.list_journals(db, firm_id, file_id)
        known = await _software_journals(db, firm_id, file)
        refresh = await references.find_refresh(db, firm_id, file_id)
    journals = list(typed.journals) if typed else []
    if not journals:
        journals = [JournalRow(code, file.journal_map.get(code, "")) for code in sorted({*named, *file.journal_map})]
        journals += [JournalRow("", "")] * SPARE_ROWS
    policies = (typed.policies if typed else None) or {
        "missing_accounts": _about_missing(file.policies),
        "duplicates": file.policies.possible_duplicates,
        "documents": file.policies.missing_documents,
        "closed_until": file.policies.closed_until or "",
    }
    problem = typed.refused.problem(page.words.language) if typed else None
    return page.show(
        "file_settings.html",
        status=problem.status if problem else 200,
        file=file,
        connection=connection,
        sheet=software.sheet if software else None,
        refresh=refresh,
        journals=journals,
        named=frozenset(named),
        known=known,
        policies=policies,
        faults={fault.where: fault for fault in typed.refused.faults} if typed else {},
        problem=problem,
        tab="settings",
    )
