"""What an entry's past already decides, before its newest revision is judged (DESIGN 5).

What was accepted once is never sent again; at most one delivery is open; what was taken back or returned stays so
until a newer revision comes.
"""

from entries.domain.facts import DeliveryFacts, EntryFacts
from entries.domain.verdict import Verdict
from qontable.entry import Finding

DROPPED = "dropped_by_person"
"""The category under which gateways say that a person's answer was to drop the delivery."""
UNREAD = "unread"
UNREADABLE = Finding("revision_unreadable")
"""What is said of a newest revision that could not be read."""


def standing(facts: EntryFacts) -> Verdict | None:
    """The verdict that needs no look at the newest revision; nothing when that revision is to be judged."""
    delivery = facts.delivery
    if facts.accepted_revision is not None:
        in_books = delivery is not None and delivery.state == "confirmed"
        difference = facts.undone or facts.revision > facts.accepted_revision
        return Verdict("synchronized", detail=None if in_books else "already_in_books", open_difference=difference)
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


def _given_back(delivery: DeliveryFacts) -> bool:
    """Whether the software or a person gave the entry back; a recall that we asked for does not."""
    if delivery.state == "recalled":
        return not delivery.recall_requested or _dropped(delivery)
    return delivery.state == "rejected"


def _dropped(delivery: DeliveryFacts) -> bool:
    message = delivery.change.message if delivery.change else None
    return message is not None and message.category == DROPPED
