"""What people do about entries: correct them, decide about parked ones, send what is ready."""

from datetime import datetime

from hub.adapters import connections, connectors, contents, entry_counts, entry_lives, files
from hub.app.hub import Action
from hub.domain.correctable import out_of_reach
from hub.domain.entry import ANSWERABLE, CORRECTABLE, Entry, awaits_platform
from hub.domain.problem import Fault, Refused
from qontable.clock import now
from qontable.entry import EntryRefused
from qontable.events.hub import (
    DeliveryResolutionRequested,
    DocumentResendRequested,
    EntryCorrectionRequested,
    EntryCreationAllowed,
    EntryDuplicateAnswered,
    Resolution,
    SyncRequested,
)
from qontable.events.platform import EntryContent
from qontable.findings import render
from qontable.wire import read_entry

SENDABLE = frozenset({"active", "activating", "problem"})
"""States of files whose entries may leave: a problem may be over by the time they do."""


async def correct(
    action: Action, file_id: str, entry_id: str, *, revision: int, content: EntryContent | None
) -> datetime:
    """Ask the platform for a new revision: with this content, or validated again as it is. Returns when it was asked.

    Of the revision's documents the content names no links: those are the platform's.

    Raises `Refused`: entry_unknown, entry_moved_on, entry_not_correctable, correction_under_way, other_entry,
    entry_refused, content_not_here, not_corrected_here.
    """
    entry = await _hold(action, file_id, entry_id)
    asked_at = now()
    refuse_moved_on(entry, revision, asked_at)
    if content is not None:
        expected = action.firm_id, file_id, entry_id, revision
        if (content.firm_id, content.file_id, content.entry_id, content.revision) != expected:
            raise Refused("other_entry", entry_id=entry_id, revision=revision)
        _refuse_unbookable(content)
        kept = await contents.find_content(action.db, action.firm_id, file_id, entry_id, revision)
        if kept is None:
            raise Refused("content_not_here", entry_id=entry_id, revision=revision)
        _refuse_out_of_reach(kept.content, content)
        content = content.model_copy(update={"documents": kept.content.documents})
    await entry_lives.note_correction(
        action.db, action.firm_id, file_id, entry_id, revision=revision, user_id=action.caller.user_id, at=asked_at
    )
    action.say(
        EntryCorrectionRequested(
            firm_id=action.firm_id,
            file_id=file_id,
            entry_id=entry_id,
            revision=revision,
            content=content,
            requested_by=action.caller.user_id,
            requested_at=asked_at,
        )
    )
    await action.note("entry.corrected", entry_id, file_id=file_id, revision=revision, changed=content is not None)
    return asked_at


async def resolve(action: Action, file_id: str, entry_id: str, *, delivery_id: str, answer: Resolution) -> datetime:
    """Decide about a delivery that only a person can. Returns when it was decided.

    That is one in doubt, too, while its connection is off or its credentials are refused: nobody else will ask.
    Raises `Refused`: entry_unknown, delivery_not_parked.
    """
    entry = await _hold(action, file_id, entry_id)
    if entry.delivery_id != delivery_id or not await _waits_for_a_person(action, file_id, entry):
        raise Refused("delivery_not_parked", entry_id=entry_id, delivery_id=delivery_id)
    decided_at = now()
    action.say(
        DeliveryResolutionRequested(
            firm_id=action.firm_id,
            file_id=file_id,
            entry_id=entry_id,
            delivery_id=delivery_id,
            answer=answer,
            requested_by=action.caller.user_id,
            requested_at=decided_at,
        )
    )
    await action.note("delivery.resolved", delivery_id, file_id=file_id, entry_id=entry_id, answer=answer)
    return decided_at


async def declare_distinct(action: Action, file_id: str, entry_id: str) -> datetime:
    """Say that a possible duplicate is an invoice of its own, so that it may leave. Returns when it was said.

    Raises `Refused`: entry_unknown, no_possible_duplicate.
    """
    entry = await _hold(action, file_id, entry_id)
    if "duplicate_answer" not in entry.waiting_for:
        raise Refused("no_possible_duplicate", entry_id=entry_id)
    answered_at = now()
    action.say(
        EntryDuplicateAnswered(
            firm_id=action.firm_id,
            file_id=file_id,
            entry_id=entry_id,
            answer="distinct",
            answered_by=action.caller.user_id,
            answered_at=answered_at,
        )
    )
    await action.note("entry.declared_distinct", entry_id, file_id=file_id)
    return answered_at


async def allow_creation(action: Action, file_id: str, entry_id: str, *, revision: int) -> datetime:
    """Let the accounts that this revision lacks be created in the software. Returns when it was said.

    Raises `Refused`: entry_unknown, entry_moved_on, no_account_to_create.
    """
    entry = await _hold(action, file_id, entry_id)
    if revision != entry.revision:
        raise Refused("entry_moved_on", entry_id=entry_id, revision=entry.revision)
    if "creation_answer" not in entry.waiting_for:
        raise Refused("no_account_to_create", entry_id=entry_id)
    allowed_at = now()
    action.say(
        EntryCreationAllowed(
            firm_id=action.firm_id,
            file_id=file_id,
            entry_id=entry_id,
            revision=revision,
            allowed_by=action.caller.user_id,
            allowed_at=allowed_at,
        )
    )
    await action.note("entry.creation_allowed", entry_id, file_id=file_id, revision=revision)
    return allowed_at


async def resend_document(action: Action, file_id: str, entry_id: str) -> datetime:
    """Send the software the documents that an entry lacks in its books. Returns when it was asked.

    Raises `Refused`: entry_unknown, document_not_missing, document_not_taken_later.
    """
    entry = await _hold(action, file_id, entry_id)
    if entry.status != "synchronized" or entry.documents != "missing" or entry.delivery_id is None:
        raise Refused("document_not_missing", entry_id=entry_id)
    await _refuse_no_late_document(action, file_id)
    requested_at = now()
    action.say(
        DocumentResendRequested(
            firm_id=action.firm_id,
            file_id=file_id,
            entry_id=entry_id,
            delivery_id=entry.delivery_id,
            requested_by=action.caller.user_id,
            requested_at=requested_at,
        )
    )
    await action.note("entry.document_resent", entry_id, file_id=file_id)
    return requested_at


async def synchronize(action: Action, file_ids: list[str]) -> tuple[datetime, dict[str, int]]:
    """Let what is ready leave, for all of these files or, if one of them cannot, for none.

    Returns when it was asked, and how many entries of each file were ready then. Raises `Refused`: file_unknown,
    file_not_active.
    """
    wanted = list(dict.fromkeys(file_ids))
    found = {file.file_id: file for file in await files.find_files(action.db, action.firm_id, wanted)}
    for file_id in wanted:
        if file_id not in found:
            raise Refused("file_unknown", file_id=file_id)
    idle = [file_id for file_id in wanted if not found[file_id].active or found[file_id].state not in SENDABLE]
    if idle:
        raise Refused("file_not_active", files=", ".join(idle))
    ready = await entry_counts.count_ready(action.db, action.firm_id, wanted)
    asked_at = now()
    for file_id in wanted:
        action.say(
            SyncRequested(
                firm_id=action.firm_id,
                file_id=file_id,
                requested_at=asked_at,
                requested_by=action.caller.user_id,
            )
        )
    await action.note_all("file.synchronized", {file_id: {"ready": ready[file_id]} for file_id in wanted})
    return asked_at, ready


def refuse_moved_on(entry: Entry, revision: int, at: datetime) -> None:
    """Raises `Refused`: entry_moved_on, entry_not_correctable, correction_under_way."""
    if revision != entry.revision:
        raise Refused("entry_moved_on", entry_id=entry.entry_id, revision=entry.revision)
    if entry.status not in CORRECTABLE:
        raise Refused("entry_not_correctable", entry_id=entry.entry_id, status=entry.status)
    if awaits_platform(entry, at):
        raise Refused("correction_under_way", entry_id=entry.entry_id, revision=revision, user_id=entry.corrected_by)


async def _hold(action: Action, file_id: str, entry_id: str) -> Entry:
    entry = await entry_lives.lock_entry(action.db, action.firm_id, file_id, entry_id)
    if entry is None:
        raise Refused("entry_unknown", file_id=file_id, entry_id=entry_id)
    return entry


async def _refuse_no_late_document(action: Action, file_id: str) -> None:
    tied_to = [file.connector for file in await files.find_files(action.db, action.firm_id, [file_id])]
    found = [await connectors.find_connector(action.db, name) for name in tied_to if name]
    sheets = [software.sheet for software, _ in filter(None, found)]
    if not any(sheet.documents.resend_alone for sheet in sheets):
        raise Refused("document_not_taken_later", software=", ".join(sheet.name for sheet in sheets) or "—")


async def _waits_for_a_person(action: Action, file_id: str, entry: Entry) -> bool:
    if entry.delivery_state != "unknown":
        return entry.delivery_state in ANSWERABLE
    tied_to = [file.connection_id for file in await files.find_files(action.db, action.firm_id, [file_id])]
    found = [await connections.find_connection(action.db, action.firm_id, name) for name in tied_to if name]
    return any(connection is not None and connection.stands_still for connection in found)


def _refuse_out_of_reach(before: EntryContent, after: EntryContent) -> None:
    if found := out_of_reach(before, after):
        faults = [fault.model_copy(update={"where": f"content.{fault.where}"}) for fault in found]
        raise Refused("not_corrected_here", faults=faults, count=len(faults))


def _refuse_unbookable(content: EntryContent) -> None:
    try:
        read_entry(content)
    except EntryRefused as refused:
        found = [render(finding) for finding in refused.findings]
        faults = [
            Fault(where=f"content.{item.where}", code=item.code, message=item.message, remedy=item.remedy)
            for item in found
        ]
        raise Refused("entry_refused", faults=faults, count=len(faults)) from None
