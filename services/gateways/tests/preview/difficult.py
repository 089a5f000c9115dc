"""A book with everything that goes wrong between two accounting systems, and the software file that it would go to.

`python difficult.py FOLDER` writes `events.jsonl` and `reference.json`, for `qontable gateways preview`.
"""

import json
import sys
from pathlib import Path
from typing import Any

LONG = "Prestation de conseil et d'accompagnement à la transformation numérique, mars 2026, chantier de Saint-Étienne"
TWIN = "401CONSTRUCTIONDUCENTRE"
HUGE = 150 * 1024 * 1024
"""More than any of these softwares takes."""

REFERENCE: dict[str, Any] = {
    "accounts": [
        {"number": "606400", "label": "Fournitures administratives"},
        {"number": "622600", "label": "Honoraires"},
        {"number": "615000", "label": "Entretien", "closed": True},
        {"number": "445660", "label": "TVA déductible"},
        {"number": "401000", "label": "Fournisseurs"},
    ],
    "subsidiaries": [
        {"number": "401DURAND", "label": "Papeterie Durand"},
        {"number": f"{TWIN}A", "label": "Construction du Centre Allier"},
        {"number": f"{TWIN}B", "label": "Construction du Centre Berry"},
    ],
    "journals": [
        {"code": "ACH", "label": "Achats", "type": "purchases"},
        {"code": "OD", "label": "Divers", "type": "general", "closed": True},
    ],
    "fiscal_years": [
        {"start": "2025-01-01", "end": "2025-12-31", "closed": True},
        {"start": "2026-01-01", "end": "2026-12-31"},
    ],
}
PDF = {"file_name": "FD-2026-0147.pdf", "media_type": "application/pdf", "bytes": 48_211}


def line(account: str, label: str, debit: str = "0.00", credit: str = "0.00", third: str = "") -> dict[str, Any]:
    """A line; `third` is a subsidiary code."""
    known = {"code": third, "label": third, "kind": "supplier"} if third else None
    return {"account": account, "label": label, "debit": debit, "credit": credit, "subsidiary": known}


def entry(entry_id: str, label: str, *, day: str = "2026-03-12", **more: Any) -> dict[str, Any]:
    """A purchase of 120.00, with these differences."""
    third = more.pop("third", "401DURAND")
    account = more.pop("account", "606400")
    documents = more.pop("documents", [PDF])
    content = {
        "firm_id": "frm_1",
        "file_id": "fil_1",
        "entry_id": entry_id,
        "revision": 1,
        "kind": "purchase",
        "journal": {"code": "ACH", "label": "Achats"},
        "date": day,
        "due_date": "2026-04-11",
        "label": label,
        "invoice_number": "FD-2026-0147",
        "lines": [
            line(account, label, debit="100.00"),
            line("445660", label, debit="20.00"),
            line("401000", label, credit="120.00", third=third),
        ],
        "documents": [
            {
                "document_id": f"doc_{entry_id}_{number}",
                "sha256": "0" * 64,
                "url": "https://files.example/doc",
                "url_expires_at": "2026-03-13T00:00:00Z",
            }
            | document
            for number, document in enumerate(documents)
        ],
    }
    return content | more


ENTRIES = (
    entry("in-order", "Papeterie Durand FD-2026-0147"),
    entry("long-label", LONG),
    entry("colliding-codes", "Situation de travaux n° 3", third=f"{TWIN}A"),
    entry("closed-year", "Facture arrivée trop tard", day="2025-12-30", due_date="2026-01-29"),
    entry("no-year", "Facture datée d'une année à venir", day="2031-03-12", due_date=None),
    entry("closed-account", "Entretien des locaux", account="615000"),
    entry("unknown-account", "Documentation technique", account="618100"),
    entry("closed-journal", "Régularisation", journal={"code": "OD", "label": "Divers"}, kind="miscellaneous"),
    entry("oversized-document", "Plan numérisé", documents=[PDF | {"file_name": "plan.pdf", "bytes": HUGE}]),
    entry(
        "program-as-document",
        "Facture jointe au mauvais format",
        documents=[{"file_name": "facture.exe", "media_type": "application/x-msdownload", "bytes": 1200}],
    ),
    entry("two-documents", "Facture et bon de livraison", documents=[PDF, PDF | {"file_name": "BL-771.pdf"}]),
    entry(
        "unbalanced",
        "Facture mal saisie",
        lines=[
            line("606400", "Facture mal saisie", debit="100.00"),
            line("401000", "Facture mal saisie", credit="99.99"),
        ],
    ),
    entry("due-before", "Facture déjà échue", due_date="2026-02-01"),
)


def write(folder: Path) -> tuple[Path, Path]:
    """The book and the reference data, as files."""
    book, reference = folder / "events.jsonl", folder / "reference.json"
    lines = (json.dumps(content, ensure_ascii=False) for content in ENTRIES)
    book.write_text("\n".join(lines) + "\n", encoding="utf-8")
    reference.write_text(json.dumps(REFERENCE, ensure_ascii=False, indent=2), encoding="utf-8")
    return book, reference


if __name__ == "__main__":
    write(Path(sys.argv[1]))
