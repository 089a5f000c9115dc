"""One client file of one firm, and everything that platform, Hub and reference data say about it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from qontable.events.hub import (
    ConnectionChanged,
    EntryCreationAllowed,
    EntryDuplicateAnswered,
    FileIntegrationChanged,
    SyncRequested,
)
from qontable.events.platform import (
    DocumentLinkRenewed,
    EntryReviewUndone,
    EntryValidated,
    FileClosed,
    FileCreated,
    FirmCreated,
)
from qontable.events.reference import AccountsRefreshed, ReferenceChanges, ReferenceRows
from qontable.sheet import Sheet

ANY = {"evidence": "assumed", "source": "test"}
SHEET = Sheet.model_validate(
    {
        "connector": "myunisoft",
        "name": "MyUnisoft",
        "version": 1,
        "wizard": [],
        "frequencies": ["real_time", "daily", "manual"],
        "weekly_accounts": True,
        "throttle": {"requests": 20, "seconds": 10, "concurrent": 10, **ANY},
        "request_timeout": 10,
        "settles_within": {"value": 1, **ANY},
        "unique_references": {"value": True, **ANY},
        "limits": {"lines": {"max": 50, "overflow": "refuse", **ANY}},
        "documents": {
            "max_bytes": 1_000_000,
            "media_types": ["application/pdf", "image/png"],
            "max_name": 50,
            "resend_alone": False,
            **ANY,
        },
        "accounts": {
            "subsidiary_roots": ["401", "411"],
            "missing_subsidiary": "created_on_policy",
            "missing_account": "must_exist",
            **ANY,
        },
        "capabilities": {},
        "errors": [{"outcome": "unknown", "category": "other", "remedy": {"fr": "x", "en": "x"}}],
    }
)
CHART = {
    "accounts": [{"number": number, "label": number} for number in ("606400", "445660", "512000")],
    "subsidiaries": [{"number": number, "label": number} for number in ("401DURAND", "411CLIENT")],
    "journals": [
        {"code": "AC", "label": "Achats", "type": "purchases"},
        {"code": "VTE", "label": "Ventes", "type": "sales"},
    ],
    "fiscal_years": [{"start": "2026-01-01", "end": "2026-12-31"}],
}


def line(account: str, debit: str, credit: str, subsidiary: str | None = None) -> dict[str, Any]:
    """A line on the wire."""
    third_party = {"code": subsidiary, "label": "Papeterie Durand", "kind": "supplier"} if subsidiary else None
    return {"account": account, "label": "Papeterie", "debit": debit, "credit": credit, "subsidiary": third_party}


UNTIED = {"connection_id": None, "connector": None, "software_file": None, "active": False, "send_from": None}
"""Of a client file whose software has no API."""


@dataclass
class Client:
    """One client file, and what is said about it."""

    firm_id: str
    file_id: str
    connection_id: str
    software_file_id: str
    tie: int = 0

    def firm_created(self) -> FirmCreated:
        person = {"user_id": "usr_1", "name": "A", "email": "a@example.org"}
        return FirmCreated.model_validate({"firm_id": self.firm_id, "name": "Cabinet", "administrator": person})

    def file_created(self) -> FileCreated:
        return FileCreated(firm_id=self.firm_id, file_id=self.file_id, name="Durand")

    def connected(self, version: int = 1, *, enabled: bool = True, frequency: str = "real_time") -> ConnectionChanged:
        return ConnectionChanged.model_validate(
            {
                "firm_id": self.firm_id,
                "connection_id": self.connection_id,
                "connector": "myunisoft",
                "version": version,
                "enabled": enabled,
                "sealed": {"key_id": "test-1", "box": "c2VhbGVk"},
                "options": {"frequency": frequency},
            }
        )

    def tied(self, **changes: Any) -> FileIntegrationChanged:
        self.tie += 1
        tie = {
            "firm_id": self.firm_id,
            "file_id": self.file_id,
            "version": self.tie,
            "connection_id": self.connection_id,
            "connector": "myunisoft",
            "software_file": {"software_file_id": self.software_file_id, "name": "Durand"},
            "active": True,
            "send_from": "2026-01-01",
            "journal_map": {"ACH": "AC"},
        }
        return FileIntegrationChanged.model_validate({**tie, **changes})

    def refreshed(
        self, version: int = 1, from_version: int = 0, changes: dict[str, Any] | None = None, **others: Any
    ) -> AccountsRefreshed:
        return AccountsRefreshed(
            firm_id=self.firm_id,
            file_id=self.file_id,
            connection_id=self.connection_id,
            software_file_id=self.software_file_id,
            from_version=from_version,
            version=version,
            changes=ReferenceChanges.model_validate(changes)
            if changes is not None
            else ReferenceChanges(created=ReferenceRows.model_validate(CHART)),
            refreshed_at=others.pop("refreshed_at", datetime.now(UTC)),
            **others,
        )

    def validated(self, entry_id: str, revision: int = 1, **changes: Any) -> EntryValidated:
        content = {
            "firm_id": self.firm_id,
            "file_id": self.file_id,
            "entry_id": entry_id,
            "revision": revision,
            "kind": "purchase",
            "journal": {"code": "ACH", "label": "Achats"},
            "date": "2026-03-12",
            "label": "Papeterie Durand",
            "invoice_number": f"FD-{entry_id}",
            "lines": [line("606400", "120.00", "0.00"), line("401000", "0.00", "120.00", "401DURAND")],
            "validated_by": "usr_1",
            "validated_at": datetime.now(UTC),
        }
        return EntryValidated.model_validate({**content, **changes})

    def undone(self, entry_id: str, revision: int = 1) -> EntryReviewUndone:
        return EntryReviewUndone(
            firm_id=self.firm_id,
            file_id=self.file_id,
            entry_id=entry_id,
            revision=revision,
            undone_by="usr_1",
            undone_at=datetime.now(UTC),
        )

    def answered_duplicate(self, entry_id: str) -> EntryDuplicateAnswered:
        """Someone says that this entry is an invoice of its own."""
        return EntryDuplicateAnswered(
            firm_id=self.firm_id,
            file_id=self.file_id,
            entry_id=entry_id,
            answer="distinct",
            answered_by="usr_3",
            answered_at=datetime.now(UTC),
        )

    def allowed_creation(self, entry_id: str, revision: int = 1) -> EntryCreationAllowed:
        """Someone lets the accounts that this revision lacks be created."""
        return EntryCreationAllowed(
            firm_id=self.firm_id,
            file_id=self.file_id,
            entry_id=entry_id,
            revision=revision,
            allowed_by="usr_3",
            allowed_at=datetime.now(UTC),
        )

    def renewed(self, document_id: str, url: str | None, **changes: Any) -> DocumentLinkRenewed:
        """The platform gives a fresh link."""
        return DocumentLinkRenewed(
            firm_id=self.firm_id,
            file_id=self.file_id,
            document_id=document_id,
            url=url,
            url_expires_at=datetime.now(UTC) + timedelta(minutes=30),
            **changes,
        )

    def synchronize(self, requested_at: datetime) -> SyncRequested:
        return SyncRequested(
            firm_id=self.firm_id, file_id=self.file_id, requested_at=requested_at, requested_by="usr_1"
        )

    def closed(self) -> FileClosed:
        return FileClosed(firm_id=self.firm_id, file_id=self.file_id, closed_at=datetime.now(UTC))
