"""Every route of the stand-in below the Firm API."""

from sandbox.software.pennylane import (
    companies,
    file_attachments,
    fiscal_years,
    journals,
    ledger_accounts,
    ledger_entries,
    ledger_entry_lines,
)
from sandbox.software.pennylane.call import Route

ROUTES: tuple[Route, ...] = (
    *companies.ROUTES,
    *fiscal_years.ROUTES,
    *journals.ROUTES,
    *ledger_accounts.ROUTES,
    *file_attachments.ROUTES,
    *ledger_entries.ROUTES,
    *ledger_entry_lines.ROUTES,
)
BY_NAME = {route.name: route for route in ROUTES}
