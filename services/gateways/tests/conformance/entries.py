"""Entries of every kind, as the suite has them sent, and what a software file must hold to take them."""

from collections.abc import Mapping
from typing import Any

from qontable.events.platform import WireAnalytic, WireForeign, WireLine, WireSubsidiary

AXIS, SECTION = "ACTIVITE", "CONSEIL"
SUPPLIER = WireSubsidiary(code="401DURAND", label="Papeterie Durand", kind="supplier")
CUSTOMER = WireSubsidiary(code="411MARTIN", label="Martin SARL", kind="customer")
EMPLOYEE = WireSubsidiary(code="421CAMILLE", label="Camille Bernard", kind="employee")
THIRD_PARTIES = {"401000": SUPPLIER, "411000": CUSTOMER, "421000": EMPLOYEE}
"""By the general account that each belongs to."""


def debit(account: str, amount: str, label: str = "Papeterie", **more: Any) -> WireLine:
    """A line on the debit side."""
    return WireLine(account=account, label=label, debit=amount, credit="0.00", **more)


def credit(account: str, amount: str, label: str = "Papeterie", **more: Any) -> WireLine:
    """A line on the credit side."""
    return WireLine(account=account, label=label, debit="0.00", credit=amount, **more)


KINDS: Mapping[str, tuple[str, tuple[WireLine, ...]]] = {
    "purchase": (
        "ACH",
        (debit("606400", "100.00"), debit("445660", "20.00"), credit("401000", "120.00", subsidiary=SUPPLIER)),
    ),
    "sale": (
        "VTE",
        (debit("411000", "240.00", subsidiary=CUSTOMER), credit("706000", "200.00"), credit("445710", "40.00")),
    ),
    "expense_report": ("NDF", (debit("625100", "42.50"), credit("421000", "42.50", subsidiary=EMPLOYEE))),
    "bank": ("BQ", (debit("401000", "120.00", subsidiary=SUPPLIER), credit("512000", "120.00"))),
    "miscellaneous": ("OD", (debit("658000", "0.01"), credit("758000", "0.01"))),
}
"""By kind of entry: its journal and its lines."""

ANALYTIC = (
    debit("606400", "100.00", analytic=(WireAnalytic(axis=AXIS, section=SECTION, amount="100.00"),)),
    credit("401000", "100.00", subsidiary=SUPPLIER),
)
FOREIGN = (
    debit("606400", "92.00", foreign=WireForeign(currency="USD", debit="100.00", credit="0.00", rate="0.92")),
    credit(
        "401000",
        "92.00",
        subsidiary=SUPPLIER,
        foreign=WireForeign(currency="USD", debit="0.00", credit="100.00", rate="0.92"),
    ),
)

FILE: dict[str, Any] = {
    "accounts": [
        {"number": number, "label": f"Compte {number}"}
        for number in sorted(
            {line.account for _, lines in KINDS.values() for line in lines if line.subsidiary is None}
            | set(THIRD_PARTIES)
        )
    ],
    "subsidiaries": [
        {"code": third.code, "label": third.label, "account": account} for account, third in THIRD_PARTIES.items()
    ],
    "journals": [
        {"code": "ACH", "name": "Achats", "type": "purchases"},
        {"code": "VTE", "name": "Ventes", "type": "sales"},
        {"code": "NDF", "name": "Notes de frais", "type": "expense_reports"},
        {"code": "BQ", "name": "Banque", "type": "bank", "account": "512000"},
        {"code": "OD", "name": "Divers", "type": "general"},
    ],
    "fiscal_years": [{"start": "2026-01-01", "end": "2026-12-31"}],
    "axes": [{"code": AXIS, "label": "Activité", "sections": [{"code": SECTION, "label": "Conseil"}]}],
}
"""What a software file holds that takes all of these entries."""
