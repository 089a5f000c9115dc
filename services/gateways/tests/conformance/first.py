"""What has to work before anything else can be tried: the connector knows its key at its stand-in."""

from gateways.adapters.dry_run import MadeUpBooks
from gateways.adapters.http import open_client
from gateways.domain.deadline import Deadline
from gateways.domain.outcome import CredentialsAccepted, CredentialsOutcome
from gateways.domain.port import Session
from sandbox.software.registry import rules_of

from ..wire import FreeThrottle
from .desk import Bench, open_desk

SECONDS = 30.0


async def stumbling_block(bench: Bench, connector: str) -> str | None:
    """Why nothing else of this connector can be tried, in the words of whoever said so; nothing when all is well."""
    try:
        outcome = await _first_call(bench, connector)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if isinstance(outcome, CredentialsAccepted):
        return None
    return f"{outcome.name}: {outcome.message.text}"


async def _first_call(bench: Bench, connector: str) -> CredentialsOutcome:
    desk = await open_desk(bench, connector, connect=False)
    async with open_client() as client:
        session = Session(
            credentials=rules_of(connector).key.fields(desk.random),
            http=client,
            deadline=Deadline.after(SECONDS),
            throttle=FreeThrottle(),
            books=MadeUpBooks(),
        )
        return await bench.connectors[connector].check_credentials(session)
