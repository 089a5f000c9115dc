"""Intake: validated revisions and undone reviews become rows, in batches; nothing is decided here.

Every revision is kept, whatever the order of arrival. Only the entry's head moves: the newest revision, and up to
which one was taken back, which also holds for revisions that arrive later (DESIGN 5).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from entries.adapters.documents import WantedDocument, want_documents
from entries.adapters.files import fetch_owners
from entries.adapters.heads import Head, open_entries, save_heads
from entries.adapters.held import HeldRecord, fetch_awaited, hold
from entries.adapters.revisions import Revision, RevisionKey, fetch_hashes, insert_revisions
from entries.app.unread import Unread
from entries.domain.duplicates import duplicate_key
from entries.domain.facts import EntryKey
from qontable.bus import Received
from qontable.clock import now
from qontable.events.platform import EntryReviewUndone, EntryValidated
from qontable.set_aside import SetAsideRecord
from qontable.unit import Unit


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record to be taken in: from the topic, or held until now. `refused` makes of it what is to be set aside."""

    event: EntryValidated | EntryReviewUndone
    body: bytes
    hash: bytes
    traceparent: str | None
    refused: Callable[[str, str], SetAsideRecord]

    @property
    def key(self) -> EntryKey:
        """The entry that it speaks of."""
        return self.event.file_id, self.event.entry_id

    @property
    def revision_key(self) -> RevisionKey:
        """The revision that it speaks of."""
        return self.event.file_id, self.event.entry_id, self.event.revision


class Intake:
    """Handles `entry.validated` and `entry.review_undone`.

    Once their effects are committed `arrived` is called, `wanted` where documents are to be fetched, and `placeable`
    where records are held whose file is known. Of what is set aside `unread` tells.
    """

    def __init__(self, arrived: Callable[[], None], wanted: Callable[[], None], placeable: Callable[[], None]) -> None:
        self.unread = Unread(arrived)
        self._arrived = arrived
        self._wanted = wanted
        self._placeable = placeable

    async def validated(self, unit: Unit, received: Sequence[Received[EntryValidated]]) -> None:
        """Revisions whose file is known are taken in, of an unknown one held, of another firm's set aside.

        What comes while earlier records of its file are still held waits behind them: a file's entries keep the order
        in which they arrived.
        """
        await self._place(unit, [_arrival(item) for item in received])

    async def undone(self, unit: Unit, received: Sequence[Received[EntryReviewUndone]]) -> None:
        """Reviews undone, likewise; one of an entry not seen yet leaves a tombstone."""
        await self._place(unit, [_arrival(item) for item in received])

    async def _place(self, unit: Unit, arrivals: Sequence[Arrival]) -> None:
        moment = now()
        file_ids = list({arrival.event.file_id for arrival in arrivals})
        awaited = await fetch_awaited(unit.connection, file_ids)
        owners = await fetch_owners(unit.connection, file_ids)
        placed, held = [], []
        for arrival in arrivals:
            place = owners.place(arrival.event.firm_id, arrival.event.file_id)
            if place == "foreign":
                unit.set_aside(arrival.refused("foreign_file", "the client file belongs to another firm"))
            elif place == "awaited" or arrival.event.file_id in awaited:
                record = arrival.refused("held", "")
                held.append(HeldRecord(arrival.event.firm_id, arrival.event.file_id, record))
            else:
                placed.append(arrival)
        if held:
            await hold(unit.connection, held, moment)
        if awaited & owners.firm_of_file.keys():
            unit.after_commit(self._placeable)
        await self.take(unit, placed, moment)

    async def take(self, unit: Unit, arrivals: Sequence[Arrival], moment: datetime) -> None:
        """Take in records whose file belongs to their firm."""
        if not arrivals:
            return
        heads = await open_entries(unit.connection, {arrival.key: arrival.event.firm_id for arrival in arrivals})
        validated = [arrival for arrival in arrivals if isinstance(arrival.event, EntryValidated)]
        kept = await fetch_hashes(unit.connection, [arrival.revision_key for arrival in validated])
        batch = _Batch(heads, kept)
        for arrival in arrivals:
            batch.add(unit, arrival)
        await insert_revisions(unit.connection, batch.revisions, moment)
        duplicate_keys = {key: duplicate_key(event) for key, (event, _) in batch.newest.items()}
        await save_heads(unit.connection, {key: heads[key] for key in batch.moved}, duplicate_keys, moment)
        unit.after_commit(self._arrived)
        if wanted := batch.wanted():
            await want_documents(unit.connection, wanted, moment)
            unit.after_commit(self._wanted)


class _Batch:
    """What a batch does to the entries it touches; heads are moved in place."""

    def __init__(self, heads: dict[EntryKey, Head], kept: dict[RevisionKey, bytes]) -> None:
        self.heads = heads
        self.kept = kept
        self.revisions: list[Revision] = []
        self.moved: set[EntryKey] = set()
        self.newest: dict[EntryKey, tuple[EntryValidated, str | None]] = {}

    def add(self, unit: Unit, arrival: Arrival) -> None:
        if isinstance(arrival.event, EntryReviewUndone):
            self._undo(arrival.key, arrival.event.revision)
            return
        known = self.kept.get(arrival.revision_key)
        if known is None:
            self._keep(arrival, arrival.event)
        elif known != arrival.hash:
            unit.set_aside(arrival.refused("revision_altered", "this revision came before with another body"))

    def _undo(self, key: EntryKey, revision: int) -> None:
        head = self.heads[key]
        if revision > head.undone_revision:
            self.heads[key] = replace(head, revision=max(head.revision, revision), undone_revision=revision)
            self.moved.add(key)

    def _keep(self, arrival: Arrival, event: EntryValidated) -> None:
        self.kept[arrival.revision_key] = arrival.hash
        self.revisions.append(
            Revision(arrival.key, event.revision, arrival.body, arrival.hash, event.validated_at, arrival.traceparent)
        )
        head = self.heads[arrival.key]
        if head.awaits(event.revision):
            self.heads[arrival.key] = replace(head, revision=event.revision, unread_revision=0)
            self.newest[arrival.key] = event, arrival.traceparent
            self.moved.add(arrival.key)

    def wanted(self) -> list[WantedDocument]:
        """The documents of the newest revisions, each once."""
        return [
            WantedDocument(key, event.firm_id, event.revision, document, traceparent)
            for key, (event, traceparent) in self.newest.items()
            for document in {document.document_id: document for document in event.documents}.values()
        ]


def _arrival(item: Received[EntryValidated] | Received[EntryReviewUndone]) -> Arrival:
    return Arrival(item.event, item.record.value, item.hash, item.traceparent, item.refused)
