"""An entry's page: its lines and documents, its life, and what a person can do about it now."""

from decimal import Decimal, InvalidOperation

from fastapi import APIRouter
from fastapi.responses import Response

from hub.adapters import audit, connectors, contents, entry_lives, firms
from hub.adapters import connections as connection_rows
from hub.adapters.contents import ValidatedContent
from hub.app import entries, files
from hub.app.correcting import Correctable
from hub.domain.entry import ANSWERABLE, awaits_platform, is_asked
from hub.domain.life import RESOLUTIONS, subjects_of, tell
from hub.domain.problem import Refused
from hub.entrypoints.api.access import TheHub, TheSettings
from hub.entrypoints.pages.documents import SHOWN
from hub.entrypoints.pages.rendering import ThePage, go
from hub.entrypoints.pages.session import Posted, TheVisitor
from hub.entrypoints.pages.states import OUTCOME_TONES, STATUS_TONES, document_word, entry_state
from hub.entrypoints.pages.typed import typed_revision
from hub.settings import HubSettings
from qontable.clock import now
from qontable.events.base import Id
from qontable.events.platform import EntryContent
from qontable.preflight import DOCUMENTED

router = APIRouter()


@router.get("/files/{file_id}/entries/{entry_id}")
async def show_entry(
    page: ThePage, visitor: TheVisitor, hub: TheHub, settings: TheSettings, file_id: Id, entry_id: Id
) -> Response:
    """Everything that is known of one entry."""
    firm_id = visitor.caller.firm_id
    async with hub.look(firm_id) as db:
        file = await files.read(db, firm_id, file_id)
        life = await entry_lives.find_life(db, firm_id, file_id, entry_id)
        if life is None:
            raise Refused("entry_unknown", file_id=file_id, entry_id=entry_id)
        validated = await contents.find_content(db, firm_id, file_id, entry_id, life.entry.revision)
        connection = (
            await connection_rows.find_connection(db, firm_id, file.connection_id) if file.connection_id else None
        )
        sheets = {item.connector: item.sheet for item in await connectors.list_connectors(db)}
        acts = await audit.list_acts_on(db, firm_id, file_id, subjects_of(life))
        members = {member.user_id: member.name for member in await firms.list_members(db, firm_id)}
    entry = life.entry
    waits = awaits_platform(entry, now())
    tone, word = entry_state(entry)
    sheet = sheets.get(file.connector or "")
    stands_still = connection is not None and connection.stands_still
    return page.show(
        "entry.html",
        file=file,
        software_name=sheet.name if sheet else file.connector or "",
        entry=entry,
        life=life,
        steps=tell(life.history, acts),
        trace_url=_trace_url(settings, validated),
        validated=validated,
        totals=totals_of(validated.content) if validated else None,
        members=members,
        tone=tone,
        word=word,
        document_word=document_word,
        status_tones=STATUS_TONES,
        outcome_tones=OUTCOME_TONES,
        can_verify=entry.status == "to_verify" and not waits,
        awaits_platform=waits,
        unanswered=is_asked(entry) and not waits,
        can_correct=entry.status == "to_verify" and Correctable(file, entry, validated and validated.content).is_open,
        can_answer=entry.delivery_state in ANSWERABLE or (entry.delivery_state == "unknown" and stands_still),
        answers=RESOLUTIONS,
        can_resend=word == "document_missing" and sheet is not None and sheet.documents.resend_alone,
        shown_types=frozenset(SHOWN),
        without_document=entry.documents == "none" and entry.kind in DOCUMENTED,
    )


@router.post("/files/{file_id}/entries/{entry_id}/verification")
async def verify(visitor: TheVisitor, hub: TheHub, file_id: Id, entry_id: Id, form: Posted) -> Response:
    """Mark verified again as it is. Asking twice is asking."""
    revision = typed_revision(form)
    try:
        async with hub.act(visitor.caller) as action:
            await entries.correct(action, file_id, entry_id, revision=revision, content=None)
    except Refused as refused:
        if refused.code != "correction_under_way":
            raise
    return go(f"/files/{file_id}/entries/{entry_id}", "verified_again")


@router.post("/files/{file_id}/entries/{entry_id}/resolution")
async def resolve(visitor: TheVisitor, hub: TheHub, file_id: Id, entry_id: Id, form: Posted) -> Response:
    """A person's answer on a delivery that nobody else can decide."""
    answer = next((known for known in RESOLUTIONS if known == form.get("answer")), None)
    if answer is None:
        raise Refused("invalid_address", count=1)
    async with hub.act(visitor.caller) as action:
        await entries.resolve(
            action,
            file_id,
            entry_id,
            delivery_id=str(form.get("delivery_id", "")),
            answer=answer,
        )
    return go(f"/files/{file_id}/entries/{entry_id}", "resolved")


@router.post("/files/{file_id}/entries/{entry_id}/duplicate-answer")
async def declare_distinct(visitor: TheVisitor, hub: TheHub, file_id: Id, entry_id: Id, _: Posted) -> Response:
    """A possible duplicate is an invoice of its own."""
    async with hub.act(visitor.caller) as action:
        await entries.declare_distinct(action, file_id, entry_id)
    return go(f"/files/{file_id}/entries/{entry_id}", "declared_distinct")


@router.post("/files/{file_id}/entries/{entry_id}/creation-answer")
async def allow_creation(visitor: TheVisitor, hub: TheHub, file_id: Id, entry_id: Id, form: Posted) -> Response:
    """The accounts that this revision lacks may be created."""
    async with hub.act(visitor.caller) as action:
        await entries.allow_creation(action, file_id, entry_id, revision=typed_revision(form))
    return go(f"/files/{file_id}/entries/{entry_id}", "creation_allowed")


@router.post("/files/{file_id}/entries/{entry_id}/document-resending")
async def resend_document(visitor: TheVisitor, hub: TheHub, file_id: Id, entry_id: Id, _: Posted) -> Response:
    """The document that the entry lacks in the software is sent after it."""
    async with hub.act(visitor.caller) as action:
        await entries.resend_document(action, file_id, entry_id)
    return go(f"/files/{file_id}/entries/{entry_id}", "document_asked")


def _trace_url(settings: HubSettings, validated: ValidatedContent | None) -> str | None:
    """Where the trace of the revision's way can be looked at."""
    if settings.hub_trace_url is None or validated is None or validated.trace_id is None:
        return None
    return settings.hub_trace_url.replace("{trace}", validated.trace_id)


def totals_of(content: EntryContent) -> tuple[Decimal, Decimal] | None:
    """Debit and credit of all lines, where every amount can be read."""
    try:
        debit = sum((Decimal(line.debit) for line in content.lines), Decimal(0))
        return debit, sum((Decimal(line.credit) for line in content.lines), Decimal(0))
    except InvalidOperation:
        return None
