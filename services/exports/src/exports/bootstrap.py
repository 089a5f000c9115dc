"""The one place where the parts of exports are joined."""

from functools import partial

from exports.app.announcing import announce
from exports.app.gathering import Gathering
from exports.app.gauging import gauge
from exports.app.writing import Writing
from exports.retention import RETENTIONS
from exports.settings import ExportsSettings
from qontable.bus import Subscription
from qontable.events.delivery import EntryDispatched, EntryRecallRequested
from qontable.events.export import ExportOpened
from qontable.service import Service
from qontable.storage import open_storage
from qontable.topics import EXPORT

NAME = "exports"
DAILY_SECONDS = 24 * 3600.0
WRITING_IDLE_SECONDS = 1.0
GAUGE_SECONDS = 5.0


async def build(settings: ExportsSettings) -> Service:
    """The service with all its parts, connected to PostgreSQL and ready to run."""
    service = await Service.open(NAME, settings)
    service.add_retentions(RETENTIONS)
    writing = Writing(
        service.units, open_storage(settings.storage_url), settings.exports_lease, settings.exports_folder
    )
    loop = service.add_loop("writing", writing.step, idle_seconds=WRITING_IDLE_SECONDS)
    service.add_loop("announce", partial(announce, service.units), idle_seconds=DAILY_SECONDS)
    service.add_loop("gauge", partial(gauge, service.units), idle_seconds=GAUGE_SECONDS)
    gathering = Gathering(loop.wake)
    for subscription in (
        Subscription(ExportOpened, gathering.opened),
        Subscription(EntryDispatched, gathering.dispatched, topic=f"{EntryDispatched.type_name}.{EXPORT}"),
        Subscription(EntryRecallRequested, gathering.recalled),
    ):
        service.add_subscription(subscription)
    return service
