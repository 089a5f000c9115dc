"""The document of an entry, as a PDF: small, readable, and the same bytes for the same entry."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from sandbox.domain.drafts import Draft

MOST_LINES = 32
_TITLES = {
    "purchase": "Facture fournisseur",
    "sale": "Facture",
    "expense_report": "Note de frais",
    "bank": "Avis d'opération bancaire",
    "miscellaneous": "Pièce comptable",
}
_WIDTHS = (28, 108, 27, 27)


def render_pdf(draft: Draft, company: str, document_id: str) -> bytes:
    """One page that says what the entry says. `document_id` stands on it, so that no two documents are the same."""
    pdf = FPDF(format="A4")
    pdf.set_creation_date(datetime.combine(date.fromisoformat(draft.date), time(12), UTC))
    pdf.set_producer("Qontable sandbox")
    pdf.set_auto_page_break(False)
    pdf.add_page()
    _heading(pdf, draft, company)
    for line in draft.lines[:MOST_LINES]:
        account = line.subsidiary.code if line.subsidiary else line.account
        _row(pdf, account, line.label, _french(line.debit), _french(line.credit))
    if len(draft.lines) > MOST_LINES:
        _row(pdf, "", f"… et {len(draft.lines) - MOST_LINES} autres lignes", "", "")
    _row(pdf, "", "Total", _french(str(draft.total)), _french(str(draft.total)))
    pdf.set_font("Helvetica", size=7)
    _text(pdf, f"{draft.key} · {document_id} · document de démonstration sans valeur")
    return bytes(pdf.output())


def _heading(pdf: FPDF, draft: Draft, company: str) -> None:
    pdf.set_font("Helvetica", "B", 16)
    _text(pdf, _TITLES.get(draft.kind, "Pièce comptable"), height=10)
    pdf.set_font("Helvetica", size=10)
    third = next((line.subsidiary.label for line in draft.lines if line.subsidiary), "")
    for caption, value in (
        ("Société", company),
        ("Tiers", third),
        ("Numéro", draft.invoice_number or draft.document_number or ""),
        ("Date", draft.date),
        ("Échéance", draft.due_date or ""),
        ("Objet", draft.label),
    ):
        if value:
            _text(pdf, f"{caption} : {value}")
    pdf.ln(4)


def _row(pdf: FPDF, *cells: str) -> None:
    pdf.set_font("Helvetica", size=8)
    for width, text, align in zip(_WIDTHS, cells, "LLRR", strict=True):
        pdf.cell(width, 5, _latin(text)[:70], align=align)
    pdf.ln(5)


def _text(pdf: FPDF, text: str, height: int = 5) -> None:
    pdf.cell(0, height, _latin(text)[:110], new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _french(amount: str) -> str:
    return f"{Decimal(amount):,.2f}".replace(",", " ").replace(".", ",") if Decimal(amount) else ""


def _latin(text: str) -> str:
    """Text in the characters of the standard fonts; others become a question mark."""
    return (
        text.replace("’", "'")
        .replace("œ", "oe")
        .replace("€", "EUR")
        .replace("…", "...")
        .encode("latin-1", "replace")
        .decode("latin-1")
    )
