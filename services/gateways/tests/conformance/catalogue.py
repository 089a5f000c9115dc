"""Every scenario of the suite. What runs in `make test` is shorter than the whole: sizes are parameters."""

import os

from . import lanes, limits, reading, sending
from .crash import CRASH
from .scenario import Scenario
from .terms import connectors_with_terms

WHOLE = bool(os.environ.get("CONFORMANCE_WHOLE"))
"""Charts as large and documents as heavy as firms have them."""
ACCOUNTS = 50_000 if WHOLE else 2_000
DOCUMENT_BYTES = None if WHOLE else 100_000
"""What the sheet's limit of a document's size is lowered to; nothing leaves it as it is."""

CONNECTORS = tuple(os.environ.get("CONFORMANCE_CONNECTOR", "").split()) or tuple(connectors_with_terms())

SCENARIOS: tuple[Scenario, ...] = (
    *reading.SCENARIOS,
    reading.chart_of(ACCOUNTS),
    *sending.SCENARIOS,
    *limits.SCENARIOS,
    *lanes.SCENARIOS,
    CRASH,
)
