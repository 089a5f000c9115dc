"""Every metric of the house: name, kind, labels and meaning in one typed registry, from which its page is rendered.

Firms, files and connections are log and trace attributes, never labels (DESIGN 10).
"""

from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)

RECORDS_CONSUMED = Counter("qontable_records_consumed", "Records taken from a topic.", ["topic"])
RECORDS_REPEATED = Counter("qontable_records_repeated", "Records that had been consumed before.", ["topic"])
RECORDS_SET_ASIDE = Counter("qontable_records_set_aside", "Records that could not be processed.", ["topic"])
BATCH_SECONDS = Histogram("qontable_batch_seconds", "Time from batch to commit.", ["topic"], buckets=SECONDS)
LAG_AGE_SECONDS = Gauge("qontable_lag_age_seconds", "Age of the last record taken from a topic.", ["topic"])
CONSUMERS_STOPPED = Gauge(
    "qontable_consumers_stopped", "Consumers that refuse to set most of a batch aside: a bad deploy.", ["topic"]
)
OUTBOX_RELAYED = Counter("qontable_outbox_relayed", "Outbox rows that the broker confirmed.", ["topic"])
OUTBOX_REFUSED = Counter(
    "qontable_outbox_refused", "Outbox rows that the broker refused and that were set aside.", ["topic"]
)
OUTBOX_STOPPED = Gauge(
    "qontable_outbox_stopped", "Topics of which the broker refused so many rows that the relay stopped.", ["topic"]
)
OUTBOX_OLDEST_SECONDS = Gauge("qontable_outbox_oldest_seconds", "Age of the oldest row that waits in the outbox.")
LOOP_FAILURES = Counter("qontable_loop_failures", "Turns of a background loop that failed.", ["loop"])
RECORDS_HELD = Gauge("qontable_records_held", "Records that wait for their firm or client file.", ["waits_for"])
ENTRIES_STATUS = Counter("qontable_entries_status", "Entries that reached a status.", ["status"])
EVENINGS = Counter("qontable_evenings", "Evenings of client files that began, ended or were voided.", ["state"])
DOCUMENTS_FETCHED = Counter("qontable_documents_fetched", "Documents fetched, by outcome.", ["outcome"])
DELIVERIES_DUE_SECONDS = Gauge(
    "qontable_deliveries_due_seconds", "Age of the oldest due work of a connector: gateways scale on it.", ["connector"]
)
DELIVERIES_OPEN = Gauge("qontable_deliveries_open", "Deliveries that are not closed.", ["connector", "state"])
ATTEMPTS = Counter("qontable_attempts", "Tries at a vendor.", ["connector", "operation", "outcome"])
ATTEMPT_SECONDS = Histogram("qontable_attempt_seconds", "Time of a try.", ["connector", "operation"], buckets=SECONDS)
EXPORTS_ENDED = Counter("qontable_exports_ended", "Batches for import files that ended, by how.", ["format", "state"])
EXPORT_SECONDS = Histogram(
    "qontable_export_seconds", "Time to gather, write and store an import file.", ["format"], buckets=SECONDS
)
EXPORT_FINDINGS = Counter("qontable_export_findings", "What import files could not carry as it was.", ["code"])
EXPORTS_DUE_SECONDS = Gauge(
    "qontable_exports_due_seconds", "Age of the oldest batch for an import file that has not ended."
)
REFERENCE_AGE_SECONDS = Gauge("qontable_reference_age_seconds", "Age of the stalest active file's reference data.")
HTTP_SECONDS = Histogram("qontable_http_seconds", "Time of an answer.", ["method", "route", "status"], buckets=SECONDS)
