"""The texts to look for, and an entry that is made of them."""

import hashlib
from datetime import UTC, datetime, timedelta
from secrets import randbelow, token_hex
from typing import Any

from sandbox.software.registry import usual_software

FIRM, CODE = "frm_sandbox", "CANARY"
LABEL = f"Étal {token_hex(4)} «é&+»"
THIRD = f"Çanari {token_hex(4)} & fils"
IBAN = f"FR76{randbelow(10**23):023}"
SIGNATURE = token_hex(16)
REFUSED_KEY = f"cle/{token_hex(12)}+=~"
USUAL = usual_software()
FILE = f"fil_{USUAL}.{CODE}"


def entry(entry_id: str, **changes: Any) -> dict[str, Any]:
    """A purchase whose every text is a canary."""
    content = {
        "firm_id": FIRM,
        "file_id": FILE,
        "entry_id": entry_id,
        "revision": 1,
        "kind": "purchase",
        "journal": {"code": "ACH", "label": "Achats"},
        "date": "2026-03-12",
        "label": LABEL,
        "document_number": entry_id[-12:],
        "invoice_number": entry_id[-12:],
        "currency": "EUR",
        "lines": [
            {"account": "606400", "account_label": "Achats", "label": LABEL, "debit": "100.00", "credit": "0.00"},
            {"account": "627000", "account_label": "Frais", "label": IBAN, "debit": "20.00", "credit": "0.00"},
            {
                "account": "401000",
                "account_label": "Fournisseurs",
                "label": f"{THIRD} {IBAN}",
                "debit": "0.00",
                "credit": "120.00",
                "subsidiary": {"code": "401CANARI", "label": THIRD, "kind": "supplier"},
            },
        ],
        "documents": [document(entry_id)],
        "validated_by": "usr_1",
        "validated_at": "2026-03-12T17:04:11Z",
    }
    return content | changes


def document(name: str, url: str = "https://documents.invalid/d?signature=") -> dict[str, Any]:
    """A document under a link that fails, whose signature is a canary."""
    return {
        "document_id": f"doc_{name}",
        "file_name": f"{LABEL}.pdf",
        "media_type": "application/pdf",
        "bytes": 1000,
        "sha256": hashlib.sha256(name.encode()).hexdigest(),
        "url": f"{url}{SIGNATURE}",
        "url_expires_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
    }
