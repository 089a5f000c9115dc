"""Possible duplicates: the same third party, invoice number and amount under another entry (DESIGN 5).

Kind and side are part of it: an invoice, its credit note and its payment share the rest.
"""

import hashlib
from decimal import Decimal, InvalidOperation

from qontable.events.platform import EntryContent, WireLine


def duplicate_key(content: EntryContent) -> bytes | None:
    """What possible duplicates have in common; nothing for an entry without third party or invoice number."""
    line = next((line for line in content.lines if line.subsidiary), None)
    if line is None or line.subsidiary is None or not content.invoice_number:
        return None
    balance = _balance(line)
    if balance is None:
        return None
    parts = (content.kind, line.subsidiary.code, content.invoice_number.strip(), str(balance))
    return hashlib.sha256("\x1f".join(parts).encode()).digest()


def _balance(line: WireLine) -> Decimal | None:
    """Debit less credit in one spelling; nothing when pre-flight will find an amount unreadable."""
    try:
        return (Decimal(line.debit) - Decimal(line.credit)).normalize()
    except InvalidOperation:
        return None
