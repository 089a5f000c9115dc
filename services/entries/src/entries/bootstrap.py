"""The one place where the parts of entries are joined."""

from datetime import timedelta

from entries.adapters.links import open_links
from entries.app.answers import Answers
from entries.app.dispatch import Dispatch
from entries.app.documents import Documents
from entries.app.evaluation import Evaluation
from entries.app.evening import EveningRun
from entries.app.exports import Exports
from entries.app.files import Files
from entries.app.held import HeldFor, HeldRecords
from entries.app.intake import Intake
from entries.app.integrations import Integrations
from entries.app.outcome import Outcome
from entries.app.reference import Reference
from entries.domain.decision import Patience
from entries.retention import RETENTIONS
from entries.settings import EntriesSettings
from qontable.bus import Subscription
from qontable.evening import EveningHour
from qontable.events.connector import ConnectionHealthChanged, ConnectorAnnounced
from qontable.events.delivery import EntryDeliveryChanged
from qontable.events.export import ExportRequested
from qontable.events.hub import (
    ConnectionChanged,
    EntryCreationAllowed,
    EntryDuplicateAnswered,
    FileIntegrationChanged,
    SyncRequested,
)
from qontable.events.platform import (
    DocumentLinkRenewed,
    EntryReviewUndone,
    EntryValidated,
    FileClosed,
    FileCreated,
    FirmCreated,
)
from qontable.events.reference import AccountsRefreshed
from qontable.loop import Loop
from qontable.service import Service
from qontable.storage import open_storage
from qontable.topics import MAX_INTAKE_BYTES

NAME = "entries"
IDLE_SECONDS = 1.0
HELD_IDLE_SECONDS = 2.0
REISSUE_IDLE_SECONDS = 30.0
EVENING_IDLE_SECONDS = 5.0
EXPORTS_IDLE_SECONDS = 2.0
LINKS_IDLE_SECONDS = 30.0


class Wake:
    """Wakes loops that are joined to it later: handlers are built before the loops that they wake."""

    def __init__(self) -> None:
        self._loops: list[Loop] = []

    def join(self, loop: Loop) -> None:
        """Wake this loop too."""
        self._loops.append(loop)

    def __call__(self) -> None:
        for loop in self._loops:
            loop.wake()


async def build(settings: EntriesSettings) -> Service:
    """The service with all its parts, connected to PostgreSQL and ready to run."""
    service = await Service.open(NAME, settings)
    service.add_retentions(RETENTIONS)
    judge, fetch, place, open_exports = Wake(), Wake(), Wake(), Wake()
    acknowledge_within = timedelta(seconds=settings.entries_acknowledge_seconds)
    dispatch = Dispatch(service.units, acknowledge_within, settings.entries_issues)
    intake = Intake(judge, fetch, place)
    documents = _documents(service, settings, judge, fetch)
    held = HeldRecords(service.units, intake, _held_for(settings))
    patience = _patience(settings)
    evening = EveningRun(service.units, EveningHour(settings.evening), patience.longest, judge)
    exports = Exports(
        service.units,
        patience,
        timedelta(seconds=settings.entries_export_seconds),
        acknowledge_within,
        open_exports,
        judge,
    )
    evaluation = Evaluation(service.units, dispatch, patience, settings.entries_chunk)
    _subscribe(
        service,
        intake,
        documents,
        Files(place, judge),
        Integrations(judge),
        Answers(judge),
        Reference(judge),
        Outcome(judge),
    )
    service.add_subscription(Subscription(ExportRequested, exports.requested))
    judge.join(service.add_loop("evaluation", evaluation.step, idle_seconds=IDLE_SECONDS))
    place.join(service.add_loop("held", held.step, idle_seconds=HELD_IDLE_SECONDS))
    open_exports.join(service.add_loop("exports", exports.step, idle_seconds=EXPORTS_IDLE_SECONDS))
    service.add_loop("evening", evening.step, idle_seconds=EVENING_IDLE_SECONDS)
    service.add_loop("links", documents.ask_again, idle_seconds=LINKS_IDLE_SECONDS)
    service.add_loop("reissue", dispatch.step, idle_seconds=REISSUE_IDLE_SECONDS)
    for number in range(settings.entries_document_fetches):
        fetch.join(service.add_loop(f"documents_{number + 1}", documents.step, idle_seconds=IDLE_SECONDS))
    return service


def _documents(service: Service, settings: EntriesSettings, judge: Wake, fetch: Wake) -> Documents:
    links = open_links(
        seconds=settings.entries_document_seconds,
        allow_private=settings.entries_allow_private_addresses,
        connections=settings.entries_document_fetches,
    )
    service.add_part(links.client)
    return Documents(
        service.units,
        open_storage(settings.storage_url),
        links,
        max_bytes=settings.entries_document_max_bytes,
        lease=settings.document_lease,
        settled=judge,
        renewed=fetch,
    )


def _held_for(settings: EntriesSettings) -> HeldFor:
    return HeldFor(
        firm=timedelta(seconds=settings.entries_unknown_firm_seconds),
        file=timedelta(seconds=settings.entries_unknown_file_seconds),
    )


def _patience(settings: EntriesSettings) -> Patience:
    return Patience(
        refresh=timedelta(seconds=settings.entries_refresh_seconds),
        recheck=timedelta(seconds=settings.entries_recheck_seconds),
    )


def _subscribe(
    service: Service,
    intake: Intake,
    documents: Documents,
    files: Files,
    integrations: Integrations,
    answers: Answers,
    reference: Reference,
    outcome: Outcome,
) -> None:
    for subscription in (
        Subscription(FirmCreated, files.firm_created),
        Subscription(FileCreated, files.file_created),
        Subscription(FileClosed, files.file_closed),
        Subscription(SyncRequested, files.sync_requested),
        Subscription(EntryDuplicateAnswered, answers.duplicate_answered),
        Subscription(EntryCreationAllowed, answers.creation_allowed),
        Subscription(EntryValidated, intake.validated, max_bytes=MAX_INTAKE_BYTES, aside=intake.unread.tell),
        Subscription(EntryReviewUndone, intake.undone, max_bytes=MAX_INTAKE_BYTES),
        Subscription(DocumentLinkRenewed, documents.link_renewed),
        Subscription(ConnectorAnnounced, integrations.connector_announced),
        Subscription(ConnectionChanged, integrations.connection_changed),
        Subscription(ConnectionHealthChanged, integrations.health_changed),
        Subscription(FileIntegrationChanged, integrations.integration_changed),
        Subscription(AccountsRefreshed, reference.refreshed),
        Subscription(EntryDeliveryChanged, outcome.delivery_changed),
    ):
        service.add_subscription(subscription)
