"""Accounts are created in the software where somebody asked for them."""

import structlog

from gateways.adapters import jobs, lanes
from gateways.adapters.jobs import Job
from gateways.app.guarding import answered
from gateways.app.tenure import Tenure
from gateways.domain.health import Sign
from gateways.domain.outcome import CouldNotAsk
from gateways.domain.words import words
from qontable.events.reference import AccountsCreationRequested

log = structlog.get_logger()


async def create_accounts(tenure: Tenure, job: Job) -> CouldNotAsk | None:
    """Make the accounts exist; why the software could not be asked, should that be.

    What the software refuses stays on the job's row with its reason; the next refresh shows what there is.
    """
    request = AccountsCreationRequested.model_validate_json(job.request)
    session = tenure.session(tenure.turnstile.turns(), 2 * tenure.rules.attempt, request.software_file_id)
    started_at = tenure.clock.now()
    ensured = await answered("create", tenure.connector.ensure_accounts(session, request.accounts))
    if isinstance(ensured, CouldNotAsk):
        return ensured
    unclear = {account.number for account in request.accounts} - set(ensured.present) - set(ensured.refused)
    message = next(iter(ensured.refused.values()), words("account_unknown") if unclear else None)
    if message:
        log.warning("accounts were not created", refused=len(ensured.refused), unclear=len(unclear))
    async with tenure.parts.units.unit() as unit:
        await lanes.hold(unit.connection, tenure.lease)
        await jobs.finish(unit.connection, job, "refused" if message else "created", message)
        await tenure.ledger.note(unit, Sign("answered"), started_at)
    return None
