"""The one place where the parts of a gateway are joined."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from gateways.adapters.http import open_client
from gateways.adapters.keys import Keys
from gateways.adapters.slots import Presence
from gateways.app.announcing import announce
from gateways.app.connecting import take_connections
from gateways.app.dispatches import take_dispatched, tell_aside
from gateways.app.gauging import Gauges
from gateways.app.keys import KeyWatch, Resealing
from gateways.app.lanes import Lanes
from gateways.app.parts import Parts
from gateways.app.people import take_recalls, take_resolutions, take_resumptions
from gateways.app.requests import take_checks, take_creations, take_refreshes, take_resends
from gateways.app.restoring import beat, judge_patiently
from gateways.app.standstill import Standstill
from gateways.connectors.registry import load_connectors, load_sheets
from gateways.domain.port import Connector
from gateways.domain.retry import PLAN, RetryPlan
from gateways.domain.rules import lease_length, sending_rules
from gateways.retention import RETENTIONS
from gateways.settings import GatewaySettings
from qontable.bus import Subscription
from qontable.events.delivery import EntryDispatched, EntryRecallRequested
from qontable.events.hub import (
    ConnectionChanged,
    ConnectionCheckRequested,
    DeliveriesResumeRequested,
    DeliveryResolutionRequested,
    DocumentResendRequested,
)
from qontable.events.reference import AccountsCreationRequested, AccountsRefreshRequested
from qontable.service import Service
from qontable.storage import open_storage

DAILY_SECONDS = 24 * 3600.0
SLOT_SECONDS = 5.0
POLL_SECONDS = 1.0
GAUGE_SECONDS = 5.0
PULSE_SECONDS = 5.0
STANDSTILL_SECONDS = 60.0


async def build(
    settings: GatewaySettings, connectors: Mapping[str, Connector] | None = None, plan: RetryPlan = PLAN
) -> Service:
    """A gateway, ready to run. Connectors are those that the settings name unless others are given."""
    chosen = connectors or load_connectors(settings.connector_names())
    ring = Keys(settings.private_keys)
    service = await Service.open("gateways", settings)
    clients = {name: open_client() for name in chosen}
    parts = Parts(
        units=service.units,
        storage=open_storage(settings.storage_url),
        ring=ring,
        connectors=chosen,
        clients=clients,
        plan=plan,
        least_lease=timedelta(seconds=settings.lease_seconds),
        links_url=links_url(settings, chosen),
    )
    await judge_patiently(parts)
    for client in clients.values():
        service.add_part(client)
    _consume(service, list(chosen))
    _work(service, settings, parts)
    service.add_retentions(RETENTIONS)
    service.add_loop("pulse", partial(beat, parts), idle_seconds=PULSE_SECONDS)
    patience = min(STANDSTILL_SECONDS, plan.give_up_after.total_seconds())
    service.add_loop("standstill", Standstill(parts).step, idle_seconds=patience)
    service.add_loop("gauges", Gauges(parts).step, idle_seconds=GAUGE_SECONDS)
    return service


def links_url(settings: GatewaySettings, connectors: Mapping[str, Connector]) -> str:
    """Where software fetches documents. Raises `ValueError` naming the setting if one has to and nobody said where."""
    fetching = [name for name, item in connectors.items() if sending_rules(item.sheet, None).link_life is not None]
    if fetching and not settings.links_url:
        raise ValueError(f"QONTABLE_LINKS_URL is missing, where {', '.join(fetching)} fetches documents")
    return settings.links_url.rstrip("/")


def _consume(service: Service, connectors: list[str]) -> None:
    for name in connectors:
        topic = f"{EntryDispatched.type_name}.{name}"
        service.add_subscription(Subscription(EntryDispatched, take_dispatched, topic=topic, aside=tell_aside))
    ours = frozenset({*load_sheets(), *connectors})
    service.add_subscription(Subscription(EntryRecallRequested, partial(take_recalls, ours)))
    service.add_subscription(Subscription(DeliveryResolutionRequested, take_resolutions))
    service.add_subscription(Subscription(DeliveriesResumeRequested, take_resumptions))
    service.add_subscription(Subscription(ConnectionChanged, take_connections))
    service.add_subscription(Subscription(ConnectionCheckRequested, take_checks))
    service.add_subscription(Subscription(AccountsRefreshRequested, take_refreshes))
    service.add_subscription(Subscription(AccountsCreationRequested, take_creations))
    service.add_subscription(Subscription(DocumentResendRequested, take_resends))


def _work(service: Service, settings: GatewaySettings, parts: Parts) -> None:
    """The lanes, and the slot without which none is taken. Left in the opposite order: lanes first."""
    presence = Presence(settings.database_url, settings.slot_name())
    lengths = {
        name: lease_length(sending_rules(connector.sheet, None), parts.least_lease)
        for name, connector in parts.connectors.items()
    }
    lanes = Lanes(parts, presence, lengths, settings.lanes)
    presence.heard = lanes.heard
    service.add_part(presence)
    service.add_part(lanes)
    service.add_loop("slot", presence.step, idle_seconds=SLOT_SECONDS)
    lanes.loop = service.add_loop("lanes", lanes.step, idle_seconds=POLL_SECONDS)
    _keep_keys(service, parts, presence)


def _keep_keys(service: Service, parts: Parts, presence: Presence) -> None:
    """The key ring, and what is said anew as soon as credentials are sealed under another key."""
    announcing = service.add_loop("announce", partial(announce, parts), idle_seconds=DAILY_SECONDS)
    resealing = service.add_loop("reseal", Resealing(parts).step, idle_seconds=DAILY_SECONDS)

    def agreed() -> None:
        announcing.wake()
        resealing.wake()

    service.add_loop("keys", KeyWatch(parts, presence, agreed).step, idle_seconds=POLL_SECONDS)
