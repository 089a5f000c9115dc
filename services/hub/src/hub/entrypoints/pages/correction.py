"""Correct and mark verified again: a form over an entry's lines, pre-flight beside it, and the platform asked."""

import re

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.datastructures import FormData

from hub.app import correcting, entries
from hub.app.correcting import Correctable
from hub.app.hub import Hub
from hub.domain.correction import Checked, changed, editable, field_of
from hub.domain.problem import Problem, Refused
from hub.entrypoints.api.access import TheHub
from hub.entrypoints.pages.entry import totals_of
from hub.entrypoints.pages.rendering import Page, ThePage, go
from hub.entrypoints.pages.session import Posted, TheVisitor, Visitor
from hub.entrypoints.pages.typed import typed_revision
from qontable.clock import now
from qontable.events.base import Id
from qontable.events.delivery import StatusFinding

router = APIRouter()
FIELD = re.compile(r"date|label|journal\.code|lines\.\d{1,4}\.(account|account_label|label|subsidiary\.(code|label))")
TOO_LATE = frozenset({"entry_moved_on", "entry_not_correctable", "correction_under_way"})
"""Somebody was faster. What was typed is shown beside what is there now, so that it is not lost."""


@router.get("/files/{file_id}/entries/{entry_id}/correction")
async def show_correction(page: ThePage, visitor: TheVisitor, hub: TheHub, file_id: Id, entry_id: Id) -> Response:
    """The form as the entry is; an entry that cannot be corrected now says why on its own page."""
    async with hub.look(visitor.caller.firm_id) as db:
        case = await correcting.read(db, visitor.caller.firm_id, file_id, entry_id)
        if not case.is_open:
            return go(_entry_path(case))
        checked = await correcting.check(db, visitor.caller.firm_id, case, {})
    return _form(page, case, {}, checked)


@router.post("/files/{file_id}/entries/{entry_id}/correction")
async def ask_for_correction(
    page: ThePage, visitor: TheVisitor, hub: TheHub, file_id: Id, entry_id: Id, form: Posted
) -> Response:
    """Ask the platform for the corrected revision, unless it would come straight back."""
    revision, typed = typed_revision(form), _typed(form)
    async with hub.look(visitor.caller.firm_id) as db:
        case = await correcting.read(db, visitor.caller.firm_id, file_id, entry_id)
    try:
        entries.refuse_moved_on(case.entry, revision, now())
        if not case.is_open or case.content is None:
            return go(_entry_path(case))
        async with hub.look(visitor.caller.firm_id) as db:
            checked = await correcting.check(db, visitor.caller.firm_id, case, typed)
        if checked.content is None or checked.stops:
            return _form(page, case, typed, checked, refused=True)
        content = checked.content if checked.content != case.content else None
        async with hub.act(visitor.caller) as action:
            await entries.correct(action, file_id, entry_id, revision=revision, content=content)
    except Refused as refused:
        if refused.code not in TOO_LATE:
            raise
        return await _too_late(page, visitor, hub, case, revision, typed, refused)
    return go(_entry_path(case), "correction_asked")


@router.post("/files/{file_id}/entries/{entry_id}/correction/preflight")
async def preflight_as_typed(
    page: ThePage, visitor: TheVisitor, hub: TheHub, file_id: Id, entry_id: Id, form: Posted
) -> Response:
    """What pre-flight says of what is typed so far: a piece of the page. Nothing is kept."""
    async with hub.look(visitor.caller.firm_id) as db:
        case = await correcting.read(db, visitor.caller.firm_id, file_id, entry_id)
        if not case.is_open or typed_revision(form) != case.entry.revision:
            return page.show("correction_preflight.html", case=case, checked=None, still=[])
        typed = _typed(form)
        checked = await correcting.check(db, visitor.caller.firm_id, case, typed)
    return page.show("correction_preflight.html", case=case, checked=checked, still=_still(case, typed, checked))


def _form(
    page: Page,
    case: Correctable,
    typed: dict[str, str],
    checked: Checked | None,
    *,
    refused: bool = False,
    problem: Problem | None = None,
    unkept: dict[str, str] | None = None,
) -> Response:
    """The form as typed, with what pre-flight says: `problem` with `unkept` where it came too late."""
    shown = editable(case.content) if case.content else {}
    return page.show(
        "correction.html",
        status=problem.status if problem else 422 if refused else 200,
        case=case,
        root=_entry_path(case),
        values=shown | {field: text for field, text in typed.items() if field in shown},
        checked=checked,
        still=_still(case, typed, checked),
        refused=refused,
        readable=case.content is not None and totals_of(case.content) is not None,
        marked=_marked(case, checked),
        problem=problem,
        unkept=unkept or {},
    )


async def _too_late(
    page: Page,
    visitor: Visitor,
    hub: Hub,
    case: Correctable,
    revision: int,
    typed: dict[str, str],
    refused: Refused,
) -> Response:
    """The entry as it is by now, and beside it what this person had changed."""
    firm_id, file_id, entry_id = visitor.caller.firm_id, case.file.file_id, case.entry.entry_id
    async with hub.look(firm_id) as db:
        fresh = await correcting.read(db, firm_id, file_id, entry_id)
        before = await correcting.read_content(db, firm_id, file_id, entry_id, revision)
        checked = await correcting.check(db, firm_id, fresh, {}) if fresh.content else None
    return _form(
        page,
        fresh,
        {},
        checked,
        problem=refused.problem(page.words.language),
        unkept=changed(before, typed) if before else typed,
    )


def _marked(case: Correctable, checked: Checked | None) -> frozenset[str]:
    """The fields that somebody has found fault with: here, or when the entry came back."""
    here = {fault.where for fault in checked.stops + checked.doubts + checked.waits} if checked else set()
    return frozenset(here | {field_of(finding.code, finding.where) for finding in case.entry.findings})


def _still(case: Correctable, typed: dict[str, str], checked: Checked | None) -> list[StatusFinding]:
    """What the entry came back for in fields that nobody has changed yet, as far as `checked` does not say it."""
    if case.content is None:
        return []
    news = changed(case.content, typed)
    left = editable(case.content).keys() - news.keys()
    told = {(fault.code, fault.where) for fault in checked.doubts + checked.waits} if checked else set()
    found = ((finding, field_of(finding.code, finding.where)) for finding in case.entry.findings)
    return [finding for finding, field in found if field in left and (finding.code, field) not in told]


def _entry_path(case: Correctable) -> str:
    return f"/files/{case.file.file_id}/entries/{case.entry.entry_id}"


def _typed(form: FormData) -> dict[str, str]:
    """Field → text, of what looks like a field of ours; `editable` knows which there are."""
    return {name: text for name, text in form.items() if isinstance(text, str) and FIELD.fullmatch(name)}
