"""Where what may lie: every sink by name, and the kinds of canary that belong there. Everything else is a leak.

Sinks are named `log hub`, `trace`, `metrics hub`, `answer 200 hub`, `topic NAME body`, `table SCHEMA.TABLE.COLUMN`,
`storage FOLDER/…`, `printed COMMAND`, `process hub environment`. A canary belongs where any matching row names its kind
or itself.
"""

from fnmatch import fnmatchcase

BUSINESS, LINK, CREDENTIAL, PARTNER = "business", "link", "credential", "partner's secret"

PLACES: tuple[tuple[str, frozenset[str]], ...] = (
    # Entry events, and what is said of an entry to people.
    ("topic entry.validated body", frozenset({BUSINESS, LINK})),
    ("topic entry.dispatched.* body", frozenset({BUSINESS})),
    ("topic entry.status_changed body", frozenset({BUSINESS})),
    ("topic entry.correction_requested body", frozenset({BUSINESS})),
    ("topic document.link_renewed body", frozenset({LINK})),
    # Third parties are accounts of the software.
    ("topic accounts.fetched body", frozenset({BUSINESS})),
    ("topic accounts.refreshed body", frozenset({BUSINESS})),
    # Business rows.
    ("table entries.revisions.content", frozenset({BUSINESS, LINK})),
    ("table entries.documents.url", frozenset({LINK})),
    ("table entries.entries.*", frozenset({BUSINESS})),
    ("table entries.status_history.*", frozenset({BUSINESS})),
    ("table entries.held_records.body", frozenset({BUSINESS, LINK})),
    ("table entries.reference_*.*", frozenset({BUSINESS})),
    ("table reference_data.*.*", frozenset({BUSINESS})),
    ("table hub.entry.*", frozenset({BUSINESS})),
    ("table hub.entry_content.content", frozenset({BUSINESS})),
    ("table hub.entry_history.said", frozenset({BUSINESS})),
    ("table hub.reference_row.*", frozenset({BUSINESS})),
    ("table hub.reference_part.event", frozenset({BUSINESS})),
    ("table gateways.deliveries.dispatch", frozenset({BUSINESS})),
    # A text that a software takes only in part is told as it was and as it left (rule 3).
    ("table gateways.deliveries.cuts", frozenset({BUSINESS})),
    ("topic entry.delivery_changed body", frozenset({BUSINESS})),
    ("table entries.deliveries.change", frozenset({BUSINESS})),
    # Records as they are, on their way out or set aside with their bytes.
    ("table *.outbox.body", frozenset({BUSINESS, LINK})),
    ("table *.set_aside.body", frozenset({BUSINESS, LINK})),
    # What a broken platform put in the headers, and the record as it came.
    ("topic entry.validated headers", frozenset({BUSINESS})),
    ("table entries.set_aside.headers", frozenset({BUSINESS})),
    ("table hub.set_aside.headers", frozenset({BUSINESS})),
    # Documents and payloads.
    ("storage documents/*", frozenset({BUSINESS})),
    ("storage attempts/*", frozenset({BUSINESS})),
    ("storage platform/*", frozenset({BUSINESS})),
    # What the signed-in person asked for, and the one answer that shows a token.
    ("answer 2* hub", frozenset({BUSINESS})),
    ("answer 404 hub", frozenset({"IBAN", "label"})),  # asked for as an id or an address, told to whoever asked
    ("answer 201 hub sign-in", frozenset({"person's token"})),
    # The stand-in for platform and software is outside; even its tables keep hashes of credentials only.
    ("table sandbox.*", frozenset({BUSINESS, LINK})),
    ("answer 2* sandbox", frozenset({BUSINESS, LINK})),
    ("printed sandbox *", frozenset({BUSINESS})),
    # What a process is started with is its own.
    ("process hub environment", frozenset({"platform's secret", "password of hub"})),
    ("process gateways environment", frozenset({PARTNER, "password of gateways"})),
    ("process entries environment", frozenset({"password of entries"})),
    ("process exports environment", frozenset({"password of exports"})),
    ("process reference_data environment", frozenset({"password of reference_data"})),
    ("process sandbox environment", frozenset({"password of sandbox"})),
)


def belongs(sink: str, kind: str, name: str) -> bool:
    """Whether a canary of this kind and name may lie in this sink."""
    return any(fnmatchcase(sink, pattern) and allowed & {kind, name} for pattern, allowed in PLACES)
