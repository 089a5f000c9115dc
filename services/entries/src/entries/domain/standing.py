"""What an entry's past already decides, before its newest revision is judged (DESIGN 5).

What was accepted once is never sent again; at most one delivery is open; what was taken back or returned stays so
until a newer revision comes.
"""

from entries.domain.facts import DeliveryFacts, EntryFacts
from entries.domain.verdict import Verdict
from qontable.entry import Finding
from qontable.events.export import NOT_WRITTEN
from qontable.topics import EXPORT

DROPPED = "dropped_by_person"
"""The category under which gateways say that a person's answer was to drop the delivery."""
EXPORTED = "exported"
UNREAD = "unread"
UNREADABLE = Finding("revision_unreadable")
"""What is said of a newest revision that could not be read."""


def standing(facts: EntryFacts) -> Verdict | None:
    """The verdict that needs no look at the newest revision; nothing when that revision is to be judged."""
    delivery = facts.delivery
    if facts.accepted_revision is not None:
        difference = facts.undone or facts.revision > facts.accepted_revision
        detail = _how_booked(delivery) if delivery and delivery.state == "confirmed" else "already_in_books"
        return Verdict("synchronized", detail=detail, open_difference=difference)
    if delivery and delivery.open:
        return _under_way(facts, delivery)
    if facts.undone:
        return Verdict("withdrawn")
    if facts.unread:
        return Verdict("to_verify", detail=UNREAD, findings=(UNREADABLE,))
    if delivery and delivery.revision == facts.revision and _given_back(delivery):
        return Verdict("to_verify", detail=delivery.state)
    return None


def _under_way(facts: EntryFacts, delivery: DeliveryFacts) -> Verdict:
    overtaken = facts.undone or facts.revision > delivery.revision
    recalled = overtaken or delivery.recall_requested
    detail = delivery.state if not recalled else "recall_too_late" if delivery.recall_too_late else "recall_requested"
    return Verdict(
        "sending",
        step="recall" if overtaken and not delivery.recall_requested else "stay",
        detail=detail,
        waiting_for=("open_delivery",) if overtaken and not facts.undone else (),
    )


def _how_booked(delivery: DeliveryFacts) -> str | None:
    """What is said of an entry in the books besides that it is there: that it went there in an import file."""
    return EXPORTED if delivery.change and delivery.change.connector == EXPORT else None


def _given_back(delivery: DeliveryFacts) -> bool:
    """Whether the software or a person gave the entry back.

    A recall that we asked for does not; neither does a file that was not written, for whatever reason.
    """
    if delivery.state == "recalled":
        why = delivery.change.message.category if delivery.change and delivery.change.message else None
        return why == DROPPED or (not delivery.recall_requested and why not in NOT_WRITTEN)
    return delivery.state == "rejected"
