"""Evaluation: each entry that is due is judged on what is known now; its row, its history and its events agree.

A status is a function of facts. Handlers only note facts and make entries due; only here is anything decided about
them, under the entry's lock, so that two facts that arrive at once cannot contradict each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate

import structlog

from entries.adapters.deliveries import request_recalls
from entries.adapters.duplicates import wake_duplicates
from entries.adapters.entries import Standing, claim_due, postpone, save_standings
from entries.adapters.integrations import Sheets
from entries.app.candidates import Content, gather, read_contents
from entries.app.dispatch import Dispatch, publish_recalls
from entries.app.refreshes import Asking
from entries.domain.decision import Patience, decide
from entries.domain.facts import Candidate, DeliveryFacts, EntryFacts, EntryKey
from entries.domain.standing import standing
from entries.domain.summary import summarize
from entries.domain.verdict import Verdict
from entries.domain.view import content, view
from qontable import metrics
from qontable.clock import now
from qontable.database import UNREACHABLE
from qontable.telemetry import frames
from qontable.unit import Unit, Units

PORTION_BYTES = 2 * 1024 * 1024

log = structlog.get_logger()


class Unjudged(Exception):
    """One entry, alone in its chunk, could not be judged."""

    def __init__(self, key: EntryKey) -> None:
        self.key = key
        super().__init__("/".join(key))


@dataclass(frozen=True, slots=True)
class Judged:
    """An entry with the verdict on it; `verdict` is nothing where a returned revision just stays returned."""

    facts: EntryFacts
    verdict: Verdict | None


class Evaluation:
    """One chunk a turn: claimed, judged, acted upon and written in one transaction."""

    def __init__(self, units: Units, dispatch: Dispatch, patience: Patience, chunk: int) -> None:
        self._units = units
        self._dispatch = dispatch
        self._patience = patience
        self._chunk = chunk
        self._limit = chunk
        self._sheets = Sheets()

    async def step(self) -> bool:
        """Judge one chunk; whether there may be more.

        After a failure chunks start again from one entry, so that the one at fault stands alone and is put off.
        """
        moment, limit = now(), self._limit
        try:
            more = await self._turn(moment, limit)
        except UNREACHABLE:
            raise
        except Unjudged as failure:
            log.error("entry not judged", entry=str(failure), at=frames(failure.__cause__ or failure))
            metrics.LOOP_FAILURES.labels("evaluation").inc()
            async with self._units.unit() as unit:
                await postpone(unit.connection, failure.key, moment + self._patience.recheck)
            return True
        except Exception as error:  # noqa: BLE001 - one entry must not stop its neighbours
            log.warning("chunk not judged", entries=limit, error=type(error).__name__, at=frames(error))
            self._limit = 1
            return True
        self._limit = min(self._chunk, limit * 2)
        return more

    async def _turn(self, moment: datetime, limit: int) -> bool:
        async with self._units.unit() as unit:
            claimed = await claim_due(unit.connection, moment, limit)
            portion = _portion(claimed)
            try:
                if portion:
                    await self._evaluate(unit, portion, moment)
            except UNREACHABLE:
                raise
            except Exception as error:
                if len(portion) == 1:
                    raise Unjudged(portion[0].key) from error
                raise
        return len(claimed) == limit or len(portion) < len(claimed)

    async def _evaluate(self, unit: Unit, claimed: Sequence[EntryFacts], moment: datetime) -> None:
        past = {facts.key: standing(facts) for facts in claimed}
        new = {facts.key for facts in claimed if past[facts.key] is None and not facts.returned}
        unread = [facts for facts in claimed if facts.key in new or facts.visible.get("revision") != facts.revision]
        contents = {item.facts.key: item for item in await read_contents(unit.connection, unread)}
        sheets = await self._sheets.fetch(unit.connection)
        candidates = await gather(unit.connection, [item for key, item in contents.items() if key in new], sheets)
        verdicts = {item.facts.key: decide(item, moment, self._patience) for item in candidates}
        judged = [Judged(facts, past[facts.key] or verdicts.get(facts.key)) for facts in claimed]
        deliveries = await self._act(unit, judged, {item.facts.key: item for item in candidates}, moment)
        await _write(unit, judged, contents, deliveries, moment)

    async def _act(
        self, unit: Unit, judged: Sequence[Judged], candidates: dict[EntryKey, Candidate], moment: datetime
    ) -> dict[EntryKey, DeliveryFacts]:
        """What verdicts bring about beyond the entry itself; the deliveries that were opened."""
        asking, leaving, recalled, withdrawn = Asking(), [], [], []
        for facts, verdict in ((item.facts, item.verdict) for item in judged if item.verdict):
            candidate = candidates.get(facts.key)
            if verdict.ask and candidate:
                asking.add(facts.firm_id, facts.file_id, candidate.file, verdict.ask)
            if verdict.step == "dispatch" and candidate:
                leaving.append(candidate)
            if verdict.step == "recall" and facts.delivery:
                recalled.append(facts.delivery.delivery_id)
            if verdict.status == "withdrawn" and facts.duplicate_key:
                withdrawn.append((facts.file_id, facts.duplicate_key))
        await asking.publish(unit, moment)
        publish_recalls(unit, await request_recalls(unit.connection, recalled, moment), moment)
        await wake_duplicates(unit.connection, withdrawn, moment)
        return await self._dispatch.send(unit, leaving, moment)


def _portion(claimed: Sequence[EntryFacts]) -> list[EntryFacts]:
    """As many of the first entries as are read into memory at once, at least one; the others stay due."""
    before = accumulate((facts.content_bytes for facts in claimed), initial=0)
    return [facts for facts, size in zip(claimed, before, strict=False) if size < PORTION_BYTES]


async def _write(
    unit: Unit,
    judged: Sequence[Judged],
    contents: dict[EntryKey, Content],
    deliveries: dict[EntryKey, DeliveryFacts],
    moment: datetime,
) -> None:
    standings = [
        _stand(unit, item, contents.get(item.facts.key), deliveries.get(item.facts.key, item.facts.delivery), moment)
        for item in judged
    ]
    await save_standings(unit.connection, standings, moment)


def _stand(
    unit: Unit, judged: Judged, read: Content | None, delivery: DeliveryFacts | None, moment: datetime
) -> Standing:
    """The row that an entry becomes; what changed before the accountant's eyes is said."""
    facts, verdict = judged.facts, judged.verdict
    rests = Standing(
        key=facts.key,
        revision=facts.revision,
        status=facts.status,
        visible=None,
        version=facts.version,
        check_due=None,
        returned_revision=facts.returned_revision,
        accepted_revision=facts.accepted_revision,
        delivery_id=delivery.delivery_id if delivery else None,
    )
    if verdict is None:
        return rests
    stands = replace(
        rests,
        status=verdict.status,
        check_due=verdict.recheck_at,
        returned_revision=facts.revision if verdict.step == "return" else facts.returned_revision,
        accepted_revision=facts.revision if verdict.step == "accept" else facts.accepted_revision,
    )
    event = view(facts, verdict, _summary(facts, read), delivery, moment)
    visible = content(event)
    if visible == facts.visible:
        return stands
    metrics.ENTRIES_STATUS.labels(verdict.status).inc()
    unit.publish(event, traceparent=facts.traceparent)
    return replace(stands, visible=visible, version=event.version)


def _summary(facts: EntryFacts, read: Content | None) -> dict[str, object]:
    """Of an entry of which only an undone review is known, no more than its code."""
    if read is None:
        kept: dict[str, object] = facts.visible.get("summary", {"ack_code": facts.ack_code})
        return kept
    return summarize(read.wire, read.entry, facts.ack_code, read.kept.validated_at)
