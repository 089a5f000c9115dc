"""What a list of entries shows of one: the few fields that the Hub keeps for its pages."""

from datetime import datetime
from typing import Any

from qontable.entry import Entry
from qontable.events.platform import EntryContent
from qontable.money import format_amount


def summarize(content: EntryContent, entry: Entry | None, ack_code: str, validated_at: datetime) -> dict[str, Any]:
    """Fields by name, those that are not there left out; `amount` only where the entry could be constructed."""
    third_party = next((line.subsidiary for line in content.lines if line.subsidiary), None)
    fields = {
        "kind": content.kind,
        "journal": content.journal.code,
        "date": content.date,
        "due_date": content.due_date,
        "label": content.label,
        "document_number": content.document_number,
        "invoice_number": content.invoice_number,
        "third_party": third_party.label or third_party.code if third_party else None,
        "amount": format_amount(entry.total) if entry else None,
        "currency": content.currency,
        "validated_at": validated_at.isoformat(),
        "ack_code": ack_code,
    }
    return {name: value for name, value in fields.items() if value is not None}
