"""Where entries are on their way, so that one sees that every step was hit by a kill."""

from collections import Counter

from .books import sent
from .eyes import Eyes

STEPS = {
    "said, not on the topic": "select count(*) from sandbox.outbox where topic = 'entry.validated'",
    "on the topic": """
        select count(*) from sandbox.published p where not exists (
            select from entries.revisions r
            where r.file_id = p.file_id and r.entry_id = p.entry_id and r.revision = p.revision
        ) and not exists (
            select from sandbox.outbox o
            where o.topic = 'entry.validated' and o.headers ->> 'ce_subject' = p.entry_id || '/' || p.revision
        )
    """,
    "document being fetched": "select count(*) from entries.documents where state = 'wanted' and lease is not null",
    "to be judged": "select count(*) from entries.entries where check_due <= now()",
    "dispatched, not on the topic": "select count(*) from entries.outbox where topic like 'entry.dispatched.%'",
    "dispatched, on the topic": """
        select count(*) from entries.deliveries e where e.open and not exists (
            select from gateways.deliveries g where g.delivery_id = e.delivery_id
        ) and not exists (
            select from exports.batch_entries x where x.delivery_id = e.delivery_id
        ) and not exists (
            select from entries.outbox o
            where o.topic like 'entry.dispatched.%' and o.headers ->> 'ce_subject' = e.entry_id || '/' || e.revision
        )
    """,
    "in a file that is being written": """
        select count(*) from exports.batch_entries join exports.batches b using (export_id) where b.state = 'gathering'
    """,
    "queued": "select count(*) from gateways.deliveries where state = 'queued'",
    "in doubt": "select count(*) from gateways.deliveries where state = 'unknown'",
    "answered, not on the topic": "select count(*) from gateways.outbox where topic = 'entry.delivery_changed'",
    "answered, on the topic": """
        select count(*) from gateways.deliveries g join entries.deliveries e using (delivery_id)
        where g.version > e.version and not exists (
            select from gateways.outbox o
            where o.topic = 'entry.delivery_changed' and o.headers ->> 'ce_subject' = g.entry_id || '/' || g.revision
        )
    """,
    "status said, not on the topic": "select count(*) from entries.outbox where topic = 'entry.status_changed'",
    "status on the topic": """
        select count(*) from entries.entries e left join hub.entry h using (file_id, entry_id)
        where e.version > coalesce(h.version, 0) and not exists (
            select from entries.outbox o
            where o.topic = 'entry.status_changed' and o.headers ->> 'ce_subject' = e.entry_id || '/' || e.revision
        )
    """,
}
UNBOOKED, BOOKED = "attempt on record, not in the books", "in the books, answer not on record"
_SENT = list(STEPS).index("queued") + 1
ALL_STEPS = (*list(STEPS)[:_SENT], UNBOOKED, BOOKED, *list(STEPS)[_SENT:])
"""In the order of an entry's way; what the books hold under which name is no query's to say."""

_ALL = " union all ".join(f"select '{name}' as step, ({query}) as entries" for name, query in STEPS.items())


async def where_entries_are(eyes: Eyes) -> Counter[str]:
    """How many entries are in which step at this moment."""
    steps = Counter({row["step"]: row["entries"] for row in await eyes.rows(_ALL)})
    for delivery in await sent(eyes, "d.state = 'sending'"):
        steps[BOOKED if delivery["booked"] else UNBOOKED] += 1
    return steps
