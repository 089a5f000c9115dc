"""Reference data is fetched: numbered parts as they come, then a closing record with count and hash (DESIGN 4).

Each part is said in a transaction of its own, so that a large chart needs little memory; a run that breaks off leaves
parts without a closing record, which readers drop, and the next run has another `fetch_id`.
"""

from datetime import timedelta
from uuid import uuid4

from gateways.adapters import jobs, lanes
from gateways.adapters.jobs import Job
from gateways.app.guarding import next_part
from gateways.app.tenure import Tenure
from gateways.domain.health import Sign
from gateways.domain.outcome import CouldNotAsk
from gateways.domain.parts import pieces
from qontable.clock import now
from qontable.events.delivery import SoftwareMessage
from qontable.events.reference import (
    AccountsFetched,
    AccountsRefreshRequested,
    Closing,
    Failure,
    ReferenceRows,
    SnapshotHash,
)
from qontable.unit import Unit

LONGEST = timedelta(minutes=30)


async def refresh(tenure: Tenure, job: Job) -> CouldNotAsk | None:
    """Fetch and say a file's reference data; why it could not be fetched, should that be."""
    run = _Run(tenure, job)
    session = tenure.session(tenure.turnstile.turns(), LONGEST, run.request.software_file_id)
    started_at = tenure.clock.now()
    parts = tenure.connector.fetch_reference_data(session, run.request.kinds)
    while rows := await next_part("fetch", parts):
        if isinstance(rows, CouldNotAsk):
            return rows
        for piece in pieces(rows):
            await run.say(piece)
    async with tenure.parts.units.unit() as unit:
        await lanes.hold(unit.connection, tenure.lease)
        if await jobs.finish(unit.connection, job, "fetched"):
            unit.publish(run.closing(), traceparent=job.traceparent)
            await tenure.ledger.note(unit, Sign("answered"), started_at)
    return None


def say_failure(unit: Unit, job: Job, message: SoftwareMessage) -> None:
    """The refresh has failed for good."""
    failure = Failure(category=message.category, message=message.text, remedy=message.remedy, ours=message.ours)
    request = AccountsRefreshRequested.model_validate_json(job.request)
    unit.publish(_record(request, uuid4().hex).model_copy(update={"failure": failure}), traceparent=job.traceparent)


class _Run:
    """One run of a refresh: what was said of it so far."""

    def __init__(self, tenure: Tenure, job: Job) -> None:
        self.request = AccountsRefreshRequested.model_validate_json(job.request)
        self._tenure = tenure
        self._job = job
        self._record = _record(self.request, uuid4().hex)
        self._started_at = now()
        self._parts = 0
        self._rows = 0
        self._hash = SnapshotHash()

    async def say(self, rows: ReferenceRows) -> None:
        """Say the next part. Raises `LeaseLost`."""
        self._parts += 1
        self._rows += len(rows.accounts) + len(rows.subsidiaries) + len(rows.journals) + len(rows.fiscal_years)
        self._hash.add(rows)
        async with self._tenure.parts.units.unit() as unit:
            await lanes.hold(unit.connection, self._tenure.lease)
            part = self._record.model_copy(update={"part": self._parts, "rows": rows})
            unit.publish(part, traceparent=self._job.traceparent)

    def closing(self) -> AccountsFetched:
        """The record that makes the parts a snapshot."""
        closing = Closing(
            parts=self._parts, rows=self._rows, sha256=self._hash.hexdigest(), started_at=self._started_at
        )
        return self._record.model_copy(update={"closing": closing})


def _record(request: AccountsRefreshRequested, fetch_id: str) -> AccountsFetched:
    return AccountsFetched(
        refresh_id=request.refresh_id,
        fetch_id=fetch_id,
        firm_id=request.firm_id,
        file_id=request.file_id,
        connection_id=request.connection_id,
        software_file_id=request.software_file_id,
        kinds=request.kinds,
    )
