"""The one place where the parts of the reference data service are joined."""

from datetime import timedelta

from qontable import metrics
from qontable.bus import Subscription
from qontable.clock import now
from qontable.events.hub import ConnectionChanged, FileIntegrationChanged
from qontable.events.platform import FileClosed
from qontable.events.reference import AccountsFetched, AccountsFullRequested, AccountsRefreshRequested
from qontable.service import Service
from reference_data.adapters.files import oldest_refresh
from reference_data.adapters.snapshots import forget_left_fetches
from reference_data.app.asking import Unanswered, Weekly
from reference_data.app.binding import connections_changed, files_closed, integrations_changed, refreshes_requested
from reference_data.app.fetched import fetched, full_requested
from reference_data.settings import ReferenceDataSettings

NAME = "reference_data"
LEFT_FETCHES_DAYS = 14


async def build(settings: ReferenceDataSettings) -> Service:
    """The service, connected to PostgreSQL and ready to run."""
    service = await Service.open(NAME, settings)
    service.add_subscription(Subscription(ConnectionChanged, connections_changed))
    service.add_subscription(Subscription(FileIntegrationChanged, integrations_changed))
    service.add_subscription(Subscription(FileClosed, files_closed))
    service.add_subscription(Subscription(AccountsRefreshRequested, refreshes_requested))
    service.add_subscription(Subscription(AccountsFetched, fetched))
    service.add_subscription(Subscription(AccountsFullRequested, full_requested))
    answer = timedelta(seconds=settings.reference_data_answer_seconds)
    service.add_loop("weekly", Weekly(service.units).step, idle_seconds=30)
    service.add_loop("unanswered", Unanswered(service.units, answer).step, idle_seconds=30)
    _add_housekeeping(service)
    return service


def _add_housekeeping(service: Service) -> None:
    async def measure() -> bool:
        async with service.database.transaction() as connection:
            oldest = await oldest_refresh(connection)
        metrics.REFERENCE_AGE_SECONDS.set((now() - oldest).total_seconds() if oldest else 0)
        return False

    async def forget() -> bool:
        async with service.database.transaction() as connection:
            await forget_left_fetches(connection, LEFT_FETCHES_DAYS)
        return False

    service.add_loop("measure_freshness", measure, idle_seconds=60)
    service.add_loop("forget_left_fetches", forget, idle_seconds=3600)
