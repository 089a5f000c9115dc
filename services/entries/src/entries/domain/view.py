"""What the accountant sees of an entry: the content of `entry.status_changed`."""

from datetime import datetime
from typing import Any

from entries.domain.facts import DeliveryFacts, EntryFacts
from entries.domain.verdict import Verdict
from qontable.events.delivery import DocumentState, EntryStatusChanged
from qontable.findings import render

STAMP = {"version", "changed_at"}
"""What tells two sayings of the same apart."""


def view(
    facts: EntryFacts, verdict: Verdict, summary: dict[str, Any], delivery: DeliveryFacts | None, now: datetime
) -> EntryStatusChanged:
    """What would be said of the entry under its next version."""
    told = delivery if delivery and (delivery.open or delivery.revision == facts.revision) else None
    change = told.change if told else None
    return EntryStatusChanged(
        firm_id=facts.firm_id,
        file_id=facts.file_id,
        entry_id=facts.entry_id,
        revision=facts.revision,
        version=facts.version + 1,
        status=verdict.status,
        detail=verdict.detail,
        waiting_for=verdict.waiting_for,
        findings=tuple(map(render, verdict.findings)),
        message=change.message if change else None,
        delivery_id=told.delivery_id if told else None,
        delivery_state=told.state if told else None,
        documents=_documents(facts, verdict, delivery),
        software_entry_id=delivery.change.software_entry_id if delivery and delivery.change else None,
        open_difference=verdict.open_difference,
        cuts=change.cuts if change else (),
        summary=summary,
        changed_at=now,
    )


def content(event: EntryStatusChanged) -> dict[str, Any]:
    """What is said, without the stamp: equal for two events between which nobody sees a difference."""
    return event.model_dump(mode="json", exclude_none=True, exclude=STAMP)


def _documents(facts: EntryFacts, verdict: Verdict, delivery: DeliveryFacts | None) -> DocumentState:
    """What the gateway says once documents were sent or found missing, else whether they are here."""
    if delivery and delivery.change and delivery.change.documents in ("sent", "missing"):
        return delivery.change.documents
    known: DocumentState = facts.visible.get("documents", "none")
    return verdict.documents or known
