"""After the storm: what the books, the tables and the topics say together. Every line of it is a fault."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from .books import names, sent
from .eyes import Eyes
from .firms import File, Firm

SCHEMAS = ("hub", "reference_data", "entries", "gateways", "exports", "sandbox")

LIMBO = {
    "entries not settled": """
        select file_id || '/' || key || ' is ' || coalesce(status, 'unseen') || ' ' || coalesce(detail, '') || ' since '
            || coalesce(changed_at::text, 'ever')
        from sandbox.platform_entries
        where status_revision is distinct from revision or status not in ('synchronized', 'to_verify', 'withdrawn')
    """,
    "deliveries open in gateways": """
        select delivery_id || ' is ' || state || ', due ' || coalesce(due_at::text, 'never') from gateways.deliveries
        where state not in ('confirmed', 'rejected', 'recalled')
    """,
    "deliveries open in entries": "select delivery_id || ' is ' || state from entries.deliveries where open",
    "batches under way": """
        select export_id || ' of ' || size || ', ' || gathered from exports.batches where state = 'gathering'
    """,
    "exports without an answer": "select export_id || ' of ' || file_id from hub.export where state = 'requested'",
    "records held": "select topic || ' of ' || file_id from entries.held_records",
    "documents wanted": """
        select document_id || ' is ' || state from entries.documents where state in ('wanted', 'link_asked')
    """,
    "jobs under way": "select kind || ' ' || job_id from gateways.jobs where done_at is null",
    "bookings put off": "select route from sandbox.late_requests",
    "documents of booked imports that the software has yet to fetch": """
        select d.id || ': ' || coalesce(d.problem, 'not tried') from sandbox.pulled_documents d
        join sandbox.import_requests i on i.id = d.import_id
        where d.state = 'pending' and i.state = 'done'
    """,
    **{f"records not relayed by {schema}": f"select topic || ' ' || key from {schema}.outbox" for schema in SCHEMAS},
}
"""What must be empty once all is quiet; each row says what is stuck."""

TIED_ACCOUNTS = """
    sandbox.software_accounts a join sandbox.software_files s on s.id = a.software_file_id
    join hub.integration f on f.connector = s.connector and f.software_file_id in (s.id::text, s.code)
"""
"""Accounts of software files that a client file is tied to, by the software's id or by a code that was typed."""
SILENT = {
    "returned without a reason": """
        select file_id || '/' || entry_id from sandbox.platform_entries
        where status = 'to_verify' and findings = '[]' and message is null
    """,
    "the platform heard something else than the entry's row says": """
        select e.file_id || '/' || e.entry_id || ': ' || e.version || ', heard ' || coalesce(p.status_version, 0)
        from entries.entries e join sandbox.platform_entries p using (file_id, entry_id)
        where e.version is distinct from p.status_version
    """,
    "the Hub shows something else than the entry's row says": """
        select e.file_id || '/' || e.entry_id || ': ' || e.version || ', shown ' || coalesce(h.version, 0)
        from entries.entries e left join hub.entry h using (file_id, entry_id)
        where (e.version, e.status) is distinct from (h.version, h.status)
    """,
    "returned for an account that the software has": """
        select p.file_id || '/' || p.entry_id || ', account ' || a.number, p.file_id, p.entry_id
        from sandbox.platform_entries p cross join lateral jsonb_array_elements(p.findings) as found (finding)
        join sandbox.software_accounts a on a.software_file_id::text = p.software_file_id and not a.closed
            and a.number = substring(finding -> 'message' ->> 'en' from 'ccount ([^ ]+) does not exist')
        where p.status = 'to_verify' and finding ->> 'code' in ('account_unknown', 'subsidiary_unknown')
    """,
    "synchronized without a delivery in the books": """
        select e.file_id || '/' || e.entry_id from entries.entries e
        where e.status = 'synchronized' and not exists (
            select from gateways.deliveries d
            where d.file_id = e.file_id and d.entry_id = e.entry_id and d.state = 'confirmed'
        ) and not exists (
            select from exports.batch_entries x
            where x.file_id = e.file_id and x.entry_id = e.entry_id and x.state = 'confirmed'
        )
    """,
    "an attempt without an answer": "select delivery_id || '/' || number from gateways.attempts where outcome is null",
    **{
        f"set aside by {schema} though nothing was wrong with it": f"""
            select topic || ', ' || reason || ' ' || detail from {schema}.set_aside
            where key is distinct from 'rubbish' and reason <> all('{{stale_correction,unknown_entry}}')
        """
        for schema in SCHEMAS
    },
    "accounts that entries do not know": f"""
        select f.file_id || ' ' || a.number from {TIED_ACCOUNTS}
        where not exists (
            select from entries.reference_accounts r where r.file_id = f.file_id and r.number = a.number
        )
    """,
    "accounts that reference data do not know": f"""
        select f.file_id || ' ' || a.number from {TIED_ACCOUNTS}
        where not exists (
            select from reference_data.item r
            where r.file_id = f.file_id and r.kind in ('accounts', 'subsidiaries') and r.code = a.number
        )
    """,
}
"""Where one part says something else than another, or nothing; each row says it, and names the entry where it is one. A
correction that crossed a newer revision is refused by the stand-in platform: that is as it should be."""


@dataclass(slots=True)
class Judgement:
    """What was found, by word; `wrong` are the entries, by file and id, that the books have wrong."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    limbo: list[str] = field(default_factory=list)
    booked: int = 0
    returned: int = 0
    open_differences: int = 0
    wrong: set[tuple[str, str]] = field(default_factory=set)
    states: Counter[str] = field(default_factory=Counter)
    stories: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Every fault with its word in front."""
        return [f"{word}: {item}" for word in WORDS for item in getattr(self, word)]

    @property
    def clean(self) -> bool:
        """Whether there is none."""
        return not self.faults


ATTEMPTS = """
    select d.delivery_id, d.state, d.revision, a.number, a.operation, a.slot, a.started_at, a.deadline, a.finished_at,
        a.outcome
    from gateways.deliveries d left join gateways.attempts a using (delivery_id)
    where d.file_id = $1 and d.entry_id = $2 order by d.queued_at, a.number
"""
BOOKED = """
    select id, booked_at from sandbox.booked_entries
    where software_file_id::text = $1 and reference = any($2::text[]) order by booked_at, id
"""
WORDS = ("lost", "doubled", "altered", "silent", "limbo")


async def stuck(eyes: Eyes) -> dict[str, list[str]]:
    """What is under way or stuck, by kind."""
    found = {}
    for what, query in LIMBO.items():
        rows = await eyes.rows(query)
        if rows:
            found[what] = [str(row[0]) for row in rows]
    return found


async def twice_in_the_books(eyes: Eyes) -> int:
    """How many entries the books hold more than once."""
    query = """
        select count(*) from (
            select from sandbox.booked_entries where reference is not null
            group by software_file_id, reference having count(*) > 1
        ) as twice
    """
    return int(await eyes.value(query))


async def judge(eyes: Eyes, firms: list[Firm], kafka: str) -> Judgement:
    """Judge the books of every file, then tables and topics against each other."""
    judgement = Judgement()
    judgement.limbo = list(_lines(await stuck(eyes)))
    for firm in firms:
        for file in firm.files:
            _add_ledger(judgement, file, await firm.systems.control.ledger(file.connector, file.code))
    for what, query in SILENT.items():
        rows = await eyes.rows(query)
        judgement.silent += _lines({what: [str(row[0]) for row in rows]} if rows else {})
        judgement.wrong.update((row["file_id"], row["entry_id"]) for row in rows if "entry_id" in row)
    judgement.silent += await _unaccounted(eyes, kafka)
    for file_id, entry_id in sorted(judgement.wrong):
        judgement.stories.append(await _story(eyes, file_id, entry_id))
    judgement.states.update(
        {row["status"]: row["count"] for row in await eyes.rows("select status, count(*) from hub.entry group by 1")}
    )
    return judgement


async def _story(eyes: Eyes, file_id: str, entry_id: str) -> str:
    """What was tried with an entry, and when, for whoever looks for the cause."""
    tries = [
        f"{row['delivery_id']} of revision {row['revision']} is {row['state']}, {row['operation']} {row['number']}"
        f" by {row['slot']} from {row['started_at']} (deadline {row['deadline']}) to {row['finished_at']}:"
        f" {row['outcome']}"
        for row in await eyes.rows(ATTEMPTS, file_id, entry_id)
    ]
    booked = [
        f"{row['id']} booked at {row['booked_at']}"
        for delivery in (await sent(eyes, "(d.file_id, d.entry_id) = ($1, $2)", file_id, entry_id))[:1]
        for row in await eyes.rows(BOOKED, delivery["software_file_id"], names(delivery))
    ]
    return f"{file_id}/{entry_id}: " + ("; ".join([*tries, *booked]) or "no try and no booking")


def _add_ledger(judgement: Judgement, file: File, verdict: dict[str, Any]) -> None:
    ids = {draft.key: draft.identity(file.file_id) for draft in file.drafts}
    for word in ("lost", "doubled", "altered", "unexpected"):
        into = judgement.doubled if word == "unexpected" else getattr(judgement, word)
        into.extend(f"{file.code} {key} {_why(verdict, key)}".rstrip() for key in verdict[word])
        judgement.wrong.update((file.file_id, ids[key]) for key in verdict[word] if key in ids)
    judgement.booked += verdict["entries"]
    judgement.returned += len(verdict["refused"])
    judgement.open_differences += len(verdict["open_differences"])


def _why(verdict: dict[str, Any], key: str) -> str:
    """The judge's reason, or the first thing in which the entry differs."""
    different = "; ".join(f"{item['what']} at {item['where']}" for item in verdict["differences"].get(key, ())[:1])
    return str(verdict["reasons"].get(key, different))


def _lines(found: dict[str, list[str]]) -> Iterator[str]:
    for what, items in found.items():
        yield f"{what}: {len(items)}, {'; '.join(items[:3])}"


async def _unaccounted(eyes: Eyes, kafka: str) -> list[str]:
    """Records on the intake topics that are neither a row nor set aside (DESIGN 8, rule 1)."""
    revisions = {
        (row["file_id"], row["entry_id"], row["revision"])
        for row in await eyes.rows("select file_id, entry_id, revision from entries.revisions")
    }
    undone = {
        (row["file_id"], row["entry_id"]): row["undone_revision"]
        for row in await eyes.rows("select file_id, entry_id, undone_revision from entries.entries")
    }
    aside = {
        (row["topic"], row["partition"], row["record_offset"])
        for row in await eyes.rows("select topic, partition, record_offset from entries.set_aside")
    }
    missing = []
    for record in await read_topics(kafka, "entry.validated", "entry.review_undone"):
        if (record.topic, record.partition, record.offset) in aside:
            continue
        said = orjson.loads(record.value)
        if record.topic == "entry.validated":
            known = (said["file_id"], said["entry_id"], said["revision"]) in revisions
        else:
            known = undone.get((said["file_id"], said["entry_id"]), 0) >= said["revision"]
        if not known:
            missing.append(f"{record.topic} {said['entry_id']}/{said['revision']} is nowhere")
    return missing


async def read_topics(kafka: str, *topics: str) -> list[Any]:
    """Every record that is on these topics now."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        await consumer._client.set_topics(topics)
        places = [
            TopicPartition(topic, partition)
            for topic in topics
            for partition in consumer.partitions_for_topic(topic) or ()
        ]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning(*places)
        records: list[Any] = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            found = await consumer.getmany(timeout_ms=1000, max_records=5000)
            records += (record for some in found.values() for record in some)
        return records
    finally:
        await consumer.stop()


async def set_aside_counts(eyes: Eyes) -> Counter[str]:
    """What was set aside, by schema and reason."""
    counts: Counter[str] = Counter()
    for schema in SCHEMAS:
        rows = await eyes.rows(f"select topic, reason, count(*) from {schema}.set_aside group by 1, 2")
        counts.update({f"{schema}: {row['topic']}, {row['reason']}": row["count"] for row in rows})
    return counts
