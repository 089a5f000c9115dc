"""Dispatch: a frozen order to a gateway, under a delivery of its own; recalled, or issued again, under the same key."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog
from opentelemetry.trace import SpanKind

from entries.adapters.deliveries import (
    OpenDelivery,
    fetch_silent,
    insert_deliveries,
    next_sequences,
    reissue_unacknowledged,
    save_states,
)
from entries.adapters.revisions import fetch_content
from entries.adapters.waking import wake_entries
from entries.app.orders import Leaving, Target, order_of, without_links
from entries.domain.facts import Candidate, DeliveryFacts, EntryKey
from qontable.clock import now
from qontable.events.delivery import (
    EntryDeliveryChanged,
    EntryDispatched,
    EntryRecallRequested,
    SoftwareMessage,
)
from qontable.events.platform import EntryContent
from qontable.telemetry import current_traceparent, sampled, span
from qontable.unit import Unit, Units

CHUNK = 200
NOT_TAKEN = SoftwareMessage.of_ours(
    "not_taken",
    {
        "fr": "Aucune passerelle n'a pris cet ordre, bien qu'il ait été répété ; rien n'indique un envoi.",
        "en": "No gateway has taken this order, although it was issued several times; nothing is known to have been"
        " sent.",
    },
    {
        "fr": "Signalez-le au support ; ou répondez « elle n'y est pas », puis validez de nouveau l'écriture.",
        "en": "Tell support; or answer “it is not there”, then validate the entry again.",
    },
)
"""What the accountant reads of an entry whose order nobody takes."""

log = structlog.get_logger()


class Dispatch:
    """Sends entries off; `step` issues again what no gateway has acknowledged in time, `issues` times at most.

    Then the entry is shown as parked. The topic keeps the orders, so a gateway that was only away takes it up again.
    """

    def __init__(self, units: Units, acknowledge_within: timedelta, issues: int) -> None:
        self._units = units
        self._acknowledge_within = acknowledge_within
        self._issues = issues

    async def send(self, unit: Unit, leaving: Sequence[Candidate], moment: datetime) -> dict[EntryKey, DeliveryFacts]:
        """Open a delivery for each entry, in the order given, and publish it; the delivery of each entry."""
        if not leaving:
            return {}
        next_number = await next_sequences(unit.connection, Counter(item.facts.file_id for item in leaving))
        dispatched = []
        for candidate in leaving:
            number = next_number[candidate.facts.file_id]
            next_number[candidate.facts.file_id] = number + 1
            dispatched.append((_order(candidate, number, moment), _new_trace(candidate)))
        await insert_deliveries(unit.connection, dispatched, moment + self._acknowledge_within)
        for event, traceparent in dispatched:
            unit.publish(event, traceparent=traceparent)
        return {(event.file_id, event.entry.entry_id): _opened(event) for event, _ in dispatched}

    async def step(self) -> bool:
        """Issue one chunk of unacknowledged deliveries again; whether there may be more."""
        moment = now()
        async with self._units.unit() as unit:
            silent = await self._park_silent(unit, moment)
            again = await reissue_unacknowledged(
                unit.connection, moment, moment + self._acknowledge_within, self._issues, CHUNK
            )
            for delivery in again:
                content = await fetch_content(unit.connection, delivery.file_id, delivery.entry_id, delivery.revision)
                frozen = {**delivery.dispatch, "entry": without_links(_read(content)), "issue": delivery.issue}
                unit.publish(EntryDispatched.model_validate(frozen), traceparent=delivery.traceparent)
        if again:
            log.warning("dispatches issued again", deliveries=len(again))
        return CHUNK in (silent, len(again))

    async def _park_silent(self, unit: Unit, moment: datetime) -> int:
        """Show one chunk of orders that no gateway takes as what they are, a matter for people; how many there were."""
        silent = await fetch_silent(unit.connection, moment, self._issues, CHUNK)
        await wake_entries(unit.connection, [(delivery.file_id, delivery.entry_id) for delivery in silent], moment)
        await save_states(unit.connection, [_parked(delivery, moment) for delivery in silent])
        if silent:
            log.error("no gateway takes these dispatches", deliveries=len(silent), issues=self._issues)
        return len(silent)


def publish_recalls(unit: Unit, deliveries: Iterable[OpenDelivery], moment: datetime) -> None:
    """Ask the gateways not to send these deliveries if they have not."""
    for delivery in deliveries:
        unit.publish(recall_of(delivery, moment), traceparent=delivery.traceparent)


def recall_of(delivery: OpenDelivery, moment: datetime) -> EntryRecallRequested:
    """What asks a delivery back."""
    return EntryRecallRequested(
        firm_id=delivery.firm_id,
        file_id=delivery.file_id,
        entry_id=delivery.entry_id,
        delivery_id=delivery.delivery_id,
        connector=delivery.connector,
        connection_id=delivery.connection_id,
        requested_at=moment,
    )


def _parked(delivery: OpenDelivery, moment: datetime) -> EntryDeliveryChanged:
    return EntryDeliveryChanged(
        delivery_id=delivery.delivery_id,
        firm_id=delivery.firm_id,
        file_id=delivery.file_id,
        entry_id=delivery.entry_id,
        revision=delivery.revision,
        connector=delivery.connector,
        connection_id=delivery.connection_id,
        version=0,
        state="parked",
        message=NOT_TAKEN,
        changed_at=moment,
    )


def _opened(event: EntryDispatched) -> DeliveryFacts:
    return DeliveryFacts(
        delivery_id=event.delivery_id,
        revision=event.entry.revision,
        open=True,
        state="queued",
        recall_requested=False,
        recall_too_late=False,
        change=None,
    )


def _order(candidate: Candidate, sequence: int, moment: datetime) -> EntryDispatched:
    file = candidate.file
    assert file.connector and file.connection_id and file.software_file_id, "only a tied entry is dispatched"
    target = Target(file.connector, file.connection_id, file.software_file_id, file.journal_map, candidate.policies)
    leaving = Leaving(candidate.facts, candidate.content, candidate.validated_at, candidate.content.documents)
    return order_of(leaving, target, sequence, moment)


def _read(content: str) -> EntryContent:
    return EntryContent.model_validate_json(content)


def _new_trace(candidate: Candidate) -> str | None:
    """The context under which the dispatch travels: a step of the entry's own trace."""
    parent = candidate.facts.traceparent
    if not sampled(parent):
        return parent
    attributes = {"qontable.entry_id": candidate.facts.entry_id, "qontable.file_id": candidate.facts.file_id}
    with span("dispatch entry", kind=SpanKind.PRODUCER, parent=parent, attributes=attributes):
        return current_traceparent()
