"""A frozen order: one revision of an entry leaves, for a software file or into an import file."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from entries.domain.facts import EntryFacts
from qontable.entry import EntryRef
from qontable.events.delivery import Batch, EntryDispatched, KeptDocument
from qontable.events.hub import FilePolicies
from qontable.events.platform import EntryContent, WireDocument
from qontable.preflight import mapped_journal
from qontable.reference import entry_reference
from qontable.storage import document_key


@dataclass(frozen=True, slots=True)
class Target:
    """Where an entry goes: to a connection's software file, or into the import file of `batch`.

    An import file maps journals itself, by the map of its own order.
    """

    connector: str
    connection_id: str
    software_file: str
    journal_map: Mapping[str, str] = field(default_factory=dict)
    policies: FilePolicies = field(default_factory=FilePolicies)
    batch: Batch | None = None


@dataclass(frozen=True, slots=True)
class Leaving:
    """The revision that leaves, and those of its documents that go with it."""

    facts: EntryFacts
    content: EntryContent
    validated_at: datetime
    documents: Iterable[WireDocument]


def order_of(leaving: Leaving, target: Target, sequence: int, moment: datetime) -> EntryDispatched:
    """The order, under a new delivery, as the `sequence`-th of its client file."""
    facts = leaving.facts
    return EntryDispatched(
        delivery_id=f"dlv_{uuid.uuid4().hex}",
        connector=target.connector,
        connection_id=target.connection_id,
        firm_id=facts.firm_id,
        file_id=facts.file_id,
        software_file=target.software_file,
        sequence=sequence,
        reference=entry_reference(EntryRef(facts.firm_id, facts.file_id, facts.entry_id)),
        ack_code=facts.ack_code,
        entry=without_links(leaving.content),
        documents=tuple(_kept(facts.firm_id, document) for document in leaving.documents),
        journal_code=mapped_journal(leaving.content.journal.code, target.journal_map),
        policies=target.policies,
        dispatched_at=moment,
        validated_at=leaving.validated_at,
        batch=target.batch,
    )


def _kept(firm_id: str, document: WireDocument) -> KeptDocument:
    """A document where its content lies, by its hash: another revision's may be another's."""
    return KeptDocument(
        document_id=document.document_id,
        file_name=document.file_name,
        media_type=document.media_type,
        size=document.size,
        sha256=document.sha256,
        storage_key=document_key(firm_id, document.sha256),
    )


def without_links(content: EntryContent) -> EntryContent:
    """Gateways get documents from storage: what the platform serves them under is not theirs to know."""
    return content.model_copy(update={"documents": ()})
