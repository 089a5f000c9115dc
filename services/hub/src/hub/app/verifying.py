"""Everything that came back for one cause, marked verified again with one gesture."""

from hub.adapters import entry_lives
from hub.app.hub import Action, Hub
from hub.domain.firm import Caller
from qontable.clock import now
from qontable.events.hub import EntryCorrectionRequested

PORTION = 500
"""Entries of one transaction: what comes of them meanwhile does not wait long for their rows."""


async def verify_all(hub: Hub, caller: Caller, file_id: str, cause: str) -> int:
    """Ask the platform to validate again, as they are, all entries that came back for one cause. Returns how many.

    Those that wait for the platform's answer already are left alone. They go in portions, each committed by itself, and
    each entry once: one that comes back meanwhile is not asked for a second time.
    """
    asked, after = 0, ""
    while True:
        async with hub.act(caller) as action:
            portion = await _verify(action, file_id, cause, after)
        asked += len(portion)
        if len(portion) < PORTION:
            return asked
        after = portion[-1]


async def _verify(action: Action, file_id: str, cause: str, after: str) -> list[str]:
    """The next portion: the entries asked for, by their id."""
    asked_at = now()
    noted = await entry_lives.note_verifications(
        action.db,
        action.firm_id,
        file_id,
        cause=cause,
        after=after,
        limit=PORTION,
        user_id=action.caller.user_id,
        at=asked_at,
    )
    for entry_id, revision in noted.items():
        action.say(
            EntryCorrectionRequested(
                firm_id=action.firm_id,
                file_id=file_id,
                entry_id=entry_id,
                revision=revision,
                requested_by=action.caller.user_id,
                requested_at=asked_at,
            )
        )
    details = {
        entry_id: {"file_id": file_id, "revision": revision, "changed": False} for entry_id, revision in noted.items()
    }
    await action.note_all("entry.corrected", details)
    return list(noted)
