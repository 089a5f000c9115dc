"""Entries: their lists and lives, corrections, decisions, Synchronize."""

import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query, status
from pydantic import BaseModel, Field

from hub.adapters import entry_counts, entry_lists, entry_lives
from hub.app import entries, files
from hub.domain.cursor import read_cursor
from hub.domain.entry import Entry, EntryCounts, EntryFilter, EntryLife
from hub.domain.problem import Refused
from hub.entrypoints.api import values
from hub.entrypoints.api.access import SignedIn, TheHub
from hub.entrypoints.api.refusals import refuses
from qontable.events.base import Id
from qontable.events.hub import Resolution
from qontable.events.platform import EntryContent

router = APIRouter(tags=["Entries"])


class EntryQuery(EntryFilter):
    """What to look for, and which page of it."""

    cursor: values.CursorText | None = Field(None, description=values.CURSOR)
    limit: int = Field(100, ge=1, le=values.MOST_ROWS, description=values.LIMIT)


class Entries(BaseModel):
    """A page of entries."""

    entries: list[Entry]
    next: str | None


class Correction(values.Body):
    """The whole corrected entry with the revision it corrects, or no content: validated again as it is.

    Date, journal, label, and the accounts, third parties and labels of lines are corrected here, nothing else.
    """

    revision: int = Field(ge=1, le=2_000_000_000)
    content: EntryContent | None = None


class AskedCorrection(BaseModel):
    """The platform was asked for a new revision, which comes by itself."""

    entry_id: str
    revision: int
    requested_at: datetime.datetime


class DeliveryAnswer(values.Body):
    """What a person found out about a parked delivery."""

    delivery_id: Id
    answer: Resolution


class AskedResolution(BaseModel):
    """The gateway was told."""

    delivery_id: str
    answer: Resolution
    requested_at: datetime.datetime


class DuplicateAnswer(values.Body):
    """What a person says of a possible duplicate."""

    answer: Literal["distinct"]


class AskedDuplicateAnswer(BaseModel):
    """The entry may leave."""

    entry_id: str
    answer: Literal["distinct"]
    answered_at: datetime.datetime


class CreationAnswer(values.Body):
    """Which revision's missing accounts may be created."""

    revision: int = Field(ge=1, le=2_000_000_000)


class AllowedCreation(BaseModel):
    """The entry may leave."""

    entry_id: str
    revision: int
    allowed_at: datetime.datetime


class AskedDocument(BaseModel):
    """The gateway was told."""

    entry_id: str
    requested_at: datetime.datetime


class Synchronization(values.Body):
    """The files whose ready entries are to leave now."""

    file_ids: list[Id] = Field(min_length=1, max_length=500)


class SynchronizedFile(BaseModel):
    """How many entries of a file were ready when Synchronize was pressed."""

    file_id: str
    ready: int


class AskedSynchronization(BaseModel):
    """Entries validated before `requested_at` leave, even if they arrive later."""

    requested_at: datetime.datetime
    files: list[SynchronizedFile]


@router.get("/files/{file_id}/entry-counts", responses=refuses("file_unknown"))
async def count_entries(caller: SignedIn, hub: TheHub, file_id: Id) -> EntryCounts:
    """Figures of the tabs, how many entries came back for each cause, and how many wait for each thing."""
    async with hub.look(caller.firm_id) as db:
        await files.read(db, caller.firm_id, file_id)
        return await entry_counts.count_entries(db, caller.firm_id, file_id)


@router.get("/files/{file_id}/entries", responses=refuses("file_unknown", "invalid_cursor"))
async def list_entries(caller: SignedIn, hub: TheHub, file_id: Id, wanted: Annotated[EntryQuery, Query()]) -> Entries:
    """A file's entries, latest first; those without a readable date come first of all."""
    after = read_cursor(wanted.cursor, _entry_key) if wanted.cursor else None
    async with hub.look(caller.firm_id) as db:
        await files.read(db, caller.firm_id, file_id)
        found, following = await entry_lists.list_entries(
            db, caller.firm_id, file_id, wanted, after=after, limit=wanted.limit
        )
    return Entries(entries=found, next=following)


def _entry_key(key: list[str]) -> tuple[datetime.date, str]:
    return datetime.date.fromisoformat(key[0]), key[1]


@router.get("/files/{file_id}/entries/{entry_id}", responses=refuses("entry_unknown"))
async def read_entry(caller: SignedIn, hub: TheHub, file_id: Id, entry_id: Id) -> EntryLife:
    """One entry with everything that happened to it."""
    async with hub.look(caller.firm_id) as db:
        life = await entry_lives.find_life(db, caller.firm_id, file_id, entry_id)
    if life is None:
        raise Refused("entry_unknown", file_id=file_id, entry_id=entry_id)
    return life


@router.post(
    "/files/{file_id}/entries/{entry_id}/correction",
    status_code=status.HTTP_202_ACCEPTED,
    responses=refuses(
        "entry_unknown",
        "entry_moved_on",
        "entry_not_correctable",
        "correction_under_way",
        "other_entry",
        "entry_refused",
        "content_not_here",
        "not_corrected_here",
    ),
)
async def correct_entry(caller: SignedIn, hub: TheHub, file_id: Id, entry_id: Id, body: Correction) -> AskedCorrection:
    """Correct and mark verified again: the platform is asked for a new revision."""
    async with hub.act(caller) as action:
        asked_at = await entries.correct(action, file_id, entry_id, revision=body.revision, content=body.content)
    return AskedCorrection(entry_id=entry_id, revision=body.revision, requested_at=asked_at)


@router.post(
    "/files/{file_id}/entries/{entry_id}/resolution",
    status_code=status.HTTP_202_ACCEPTED,
    responses=refuses("entry_unknown", "delivery_not_parked"),
)
async def resolve_delivery(
    caller: SignedIn, hub: TheHub, file_id: Id, entry_id: Id, body: DeliveryAnswer
) -> AskedResolution:
    """Decide about a parked delivery: it is in the books, it is not, drop it."""
    async with hub.act(caller) as action:
        decided_at = await entries.resolve(action, file_id, entry_id, delivery_id=body.delivery_id, answer=body.answer)
    return AskedResolution(delivery_id=body.delivery_id, answer=body.answer, requested_at=decided_at)


@router.post(
    "/files/{file_id}/entries/{entry_id}/duplicate-answer",
    status_code=status.HTTP_202_ACCEPTED,
    responses=refuses("entry_unknown", "no_possible_duplicate"),
)
async def answer_duplicate(
    caller: SignedIn, hub: TheHub, file_id: Id, entry_id: Id, body: DuplicateAnswer
) -> AskedDuplicateAnswer:
    """Say that a possible duplicate is an invoice of its own: it leaves. The same invoice is taken back in Qonto."""
    async with hub.act(caller) as action:
        answered_at = await entries.declare_distinct(action, file_id, entry_id)
    return AskedDuplicateAnswer(entry_id=entry_id, answer=body.answer, answered_at=answered_at)


@router.post(
    "/files/{file_id}/entries/{entry_id}/creation-answer",
    status_code=status.HTTP_202_ACCEPTED,
    responses=refuses("entry_unknown", "entry_moved_on", "no_account_to_create"),
)
async def allow_creation(
    caller: SignedIn, hub: TheHub, file_id: Id, entry_id: Id, body: Annotated[CreationAnswer, Body()]
) -> AllowedCreation:
    """Let the accounts that this revision lacks be created in the software: it leaves."""
    async with hub.act(caller) as action:
        allowed_at = await entries.allow_creation(action, file_id, entry_id, revision=body.revision)
    return AllowedCreation(entry_id=entry_id, revision=body.revision, allowed_at=allowed_at)


@router.post(
    "/files/{file_id}/entries/{entry_id}/document-resending",
    status_code=status.HTTP_202_ACCEPTED,
    responses=refuses("entry_unknown", "document_not_missing", "document_not_taken_later"),
)
async def resend_document(caller: SignedIn, hub: TheHub, file_id: Id, entry_id: Id) -> AskedDocument:
    """Send the software the documents that this entry lacks in its books. Asked for twice, they are sent once."""
    async with hub.act(caller) as action:
        requested_at = await entries.resend_document(action, file_id, entry_id)
    return AskedDocument(entry_id=entry_id, requested_at=requested_at)


@router.post(
    "/synchronizations",
    status_code=status.HTTP_202_ACCEPTED,
    responses=refuses("file_unknown", "file_not_active"),
)
async def synchronize(caller: SignedIn, hub: TheHub, body: Annotated[Synchronization, Body()]) -> AskedSynchronization:
    """Synchronize: what is ready in these files leaves now. If one of them cannot, none does."""
    async with hub.act(caller) as action:
        asked_at, ready = await entries.synchronize(action, body.file_ids)
    found = [SynchronizedFile(file_id=file_id, ready=count) for file_id, count in ready.items()]
    return AskedSynchronization(requested_at=asked_at, files=found)
