"""What other services say of entries, as tests need it."""

from typing import Any

from services.hub.tests.town import SHEET

from qontable.clock import now
from qontable.events.platform import EntryValidated

REFUSED = {
    "status": "to_verify",
    "delivery_state": "rejected",
    "message": {
        "category": "journal_locked",
        "code": "J12",
        "text": "Journal AC verrouillé",
        "remedy": {"fr": "Ouvrez-le."},
    },
}


LATELY = SHEET.model_copy(
    update={
        "connector": "lately",
        "name": "Lately",
        "documents": SHEET.documents.model_copy(update={"resend_alone": True}),
    }
)
"""A software that takes a document after its entry."""


def refused_entry(firm: Any, file_id: str, entry_id: str) -> Any:
    """An entry that the software returned."""
    message = {"category": "journal_closed", "text": "Journal ACH bloqué", "remedy": {"en": "Unlock the journal."}}
    summary = {"date": "2026-03-12", "label": "Papier", "journal": "ACH", "amount": "1200.00", "currency": "EUR"}
    return firm.status(
        file_id, entry_id, status="to_verify", message=message, summary=summary, delivery_id="dlv_1",
        delivery_state="rejected",
    )  # fmt: skip


def validated(firm: Any, file_id: str, entry_id: str) -> EntryValidated:
    """What the platform said of it; a label as somebody may have typed it."""
    lines = [
        {"account": "606400", "account_label": "Fournitures", "label": "Papier <b>A4</b>"}
        | {"debit": "1200.00", "credit": "0.00"},
        {"account": "401000", "label": "Durand", "debit": "0.00", "credit": "1200.00"},
    ]
    return EntryValidated.model_validate(
        {
            "firm_id": firm.id, "file_id": file_id, "entry_id": entry_id, "revision": 1, "kind": "purchase",
            "journal": {"code": "ACH"}, "date": "2026-03-12", "label": "Papier", "lines": lines,
            "validated_by": "usr_ada", "validated_at": now(),
        }
    )  # fmt: skip


def summary(day: str, amount: str, **other: str) -> dict[str, str]:
    """What an entry is in short."""
    return {"kind": "purchase", "journal": "ACH", "date": day, "amount": amount, "currency": "EUR"} | other


async def validate(town: Any, said: dict[str, Any]) -> None:
    """The platform validates this content; returns when the Hub has it."""
    await town.say(EntryValidated.model_validate(said | {"validated_by": "usr_ada", "validated_at": now()}))
    there = "select 1 from entry_content where file_id = $1 and entry_id = $2 and revision = $3"
    place = said["file_id"], said["entry_id"], said["revision"]
    await town.eventually(lambda: town.rows(there, *place))


def content(firm: Any, file_id: str, entry_id: str) -> dict[str, Any]:
    """A correction's whole content."""
    return {
        "firm_id": firm.id,
        "file_id": file_id,
        "entry_id": entry_id,
        "revision": 1,
        "kind": "purchase",
        "journal": {"code": "ACH"},
        "date": "2026-03-12",
        "label": "Papeterie",
        "lines": [
            {"account": "606400", "label": "Papeterie", "debit": "120.00", "credit": "0.00"},
            {"account": "401000", "label": "Papeterie", "debit": "0.00", "credit": "120.00"},
        ],
        "documents": [
            {
                "document_id": "doc_1",
                "file_name": "a.pdf",
                "media_type": "application/pdf",
                "bytes": 3,
                "sha256": "0" * 64,
                "url": "https://documents.example/a.pdf",
                "url_expires_at": "2026-03-12T17:34:11Z",
            }
        ],
    }
