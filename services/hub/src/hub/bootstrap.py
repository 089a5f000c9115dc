"""The one place where the hub's parts are joined."""

from dataclasses import dataclass

from hub.adapters import checks, connections, integrations
from hub.adapters.signals import Signals
from hub.app.entry_events import entry_attempted, entry_status_changed
from hub.app.export_events import export_completed, format_announced
from hub.app.gateway_events import (
    connection_checked,
    connection_health_changed,
    connection_resealed,
    connector_announced,
)
from hub.app.hub import Hub
from hub.app.platform_events import entry_validated, file_closed, file_created, firm_created
from hub.app.reference_events import accounts_fetched, accounts_refreshed
from hub.app.republication import EVERY_SECONDS, Republication
from hub.settings import HubSettings
from qontable.bus import Subscription
from qontable.evening import EveningHour
from qontable.events.connector import (
    ConnectionChecked,
    ConnectionHealthChanged,
    ConnectionResealed,
    ConnectorAnnounced,
)
from qontable.events.delivery import EntryAttempted, EntryStatusChanged
from qontable.events.export import ExportCompleted, FormatAnnounced
from qontable.events.hub import ConnectionChanged, FileIntegrationChanged
from qontable.events.platform import EntryValidated, FileClosed, FileCreated, FirmCreated
from qontable.events.reference import AccountsFetched, AccountsRefreshed
from qontable.service import Service

NAME = "hub"
FORGET_CHECKS_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Parts:
    """The service, and the firms' side of it for whatever serves people."""

    service: Service
    hub: Hub


async def build(settings: HubSettings) -> Parts:
    """The hub without its HTTP entrypoints, connected to PostgreSQL and ready to run."""
    service = await Service.open(NAME, settings)
    for subscription in (
        Subscription(FirmCreated, firm_created),
        Subscription(FileCreated, file_created),
        Subscription(FileClosed, file_closed),
        Subscription(EntryValidated, entry_validated),
        Subscription(ConnectorAnnounced, connector_announced),
        Subscription(ConnectionChecked, connection_checked),
        Subscription(ConnectionHealthChanged, connection_health_changed),
        Subscription(ConnectionResealed, connection_resealed),
        Subscription(AccountsFetched, accounts_fetched),
        Subscription(AccountsRefreshed, accounts_refreshed),
        Subscription(EntryStatusChanged, entry_status_changed),
        Subscription(EntryAttempted, entry_attempted),
        Subscription(FormatAnnounced, format_announced),
        Subscription(ExportCompleted, export_completed),
    ):
        service.add_subscription(subscription)
    signals = Signals(service.database)
    service.add_loop("signals", signals.listen, idle_seconds=0)
    _add_republication(service)
    _add_forgetting(service)
    return Parts(service, Hub(await service.open_firm_database(), signals, NAME, EveningHour(settings.evening)))


def _add_republication(service: Service) -> None:
    said_connections: Republication[ConnectionChanged, str] = Republication(
        service.units, connections.read_states_after, lambda state: state.connection_id, ""
    )
    said_files: Republication[FileIntegrationChanged, tuple[str, str]] = Republication(
        service.units, integrations.read_states_after, lambda state: (state.firm_id, state.file_id), ("", "")
    )
    service.add_loop("say_connections_again", said_connections.step, idle_seconds=EVERY_SECONDS)
    service.add_loop("say_files_again", said_files.step, idle_seconds=EVERY_SECONDS)


def _add_forgetting(service: Service) -> None:
    async def forget() -> bool:
        async with service.database.transaction() as db:
            await checks.forget_left_checks(db)
        return False

    service.add_loop("forget_checks", forget, idle_seconds=FORGET_CHECKS_SECONDS)
