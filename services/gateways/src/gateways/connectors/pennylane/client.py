"""Pennylane as a connector: synchronous, one entry per call, booked at once, found again by a mark in its label."""

from collections.abc import AsyncIterator, Collection, Sequence

from pydantic import ValidationError

from gateways.adapters.http import Answer
from gateways.adapters.transport import NoAnswer
from gateways.connectors.pennylane.answers import (
    ACCOUNTS,
    COMPANIES,
    CREATED,
    ENTRIES,
    JOURNALS,
    Company,
)
from gateways.connectors.pennylane.api import COMPANIES_PAGE, COMPANY, FIRM, Api
from gateways.connectors.pennylane.attachments import Attachments
from gateways.connectors.pennylane.directory import Directory
from gateways.connectors.pennylane.mapping import Composed, Ids, check_bookable, compose
from gateways.connectors.pennylane.reference import (
    is_open,
    read_accounts,
    read_fiscal_years,
    read_journals,
    read_years,
)
from gateways.connectors.pennylane.refusals import read_refusal
from gateways.connectors.pennylane.search import documents_of, look_for
from gateways.connectors.pennylane.settings import PennylaneSettings
from gateways.connectors.pennylane.texts import texts_of
from gateways.domain import charts
from gateways.domain.judgement import DOCUMENT_UNAVAILABLE, STALE_ID, Unbookable, judge_send, own_words
from gateways.domain.outcome import (
    Accepted,
    CouldNotAsk,
    CredentialsAccepted,
    CredentialsOutcome,
    CredentialsRefused,
    EnsuredAccounts,
    Exchange,
    FindOutcome,
    Found,
    NotAnswered,
    NotSent,
    Rejected,
    SendOutcome,
    Unknown,
    before_sending,
)
from gateways.domain.port import BookKind, DocumentUnavailable, Parcel, Session
from gateways.domain.words import words
from qontable.bilingual import Bilingual
from qontable.database import UNREACHABLE
from qontable.events.connector import Prerequisite
from qontable.events.delivery import SoftwareMessage
from qontable.events.hub import SoftwareFile
from qontable.events.reference import Account, ReferenceKind, ReferenceRows
from qontable.sheet import Sheet

REFUSED_CREDENTIALS = ("credentials", "refused")
STALE_IDS: dict[str, BookKind] = {
    "account_unknown": "account",
    "journal_unknown": "journal",
    "attachment_unknown": "document",
}
"""Refusals that say that an id we remembered is none any more."""


class Pennylane:
    """See `gateways.domain.port.Connector` for what each method promises."""

    def __init__(self, sheet: Sheet, settings: PennylaneSettings) -> None:
        self.sheet = sheet
        self._settings = settings

    async def check_credentials(self, session: Session) -> CredentialsOutcome:
        """One company is asked for; an authorisation is exchanged for tokens first, or the tokens renewed."""
        try:
            await self._api(session).get(COMPANIES, f"{FIRM}/companies", page="1", per_page="1")
        except NotAnswered as error:
            failure = error.failure
            return CredentialsRefused(message=failure.message) if failure.cause in REFUSED_CREDENTIALS else failure
        return CredentialsAccepted()

    async def list_software_files(self, session: Session) -> tuple[SoftwareFile, ...]:
        """The firm's companies."""
        files: list[SoftwareFile] = []
        async for page in self._api(session).numbered_pages(COMPANIES, f"{FIRM}/companies", COMPANIES_PAGE):
            files += [_software_file(company) for company in page]
        return tuple(files)

    async def check_prerequisites(self, session: Session) -> tuple[Prerequisite, ...]:
        """Reading shows whether the company is there, which rights to read are granted, and whether a year is open.

        Rights to write show only when something is written.
        """
        api = self._api(session)
        met: dict[str, SoftwareMessage | None] = {}
        try:
            years = await read_years(api)
            met["fiscal_year_open"] = None if any(is_open(year) for year in years) else self._no_year()
            await api.get(JOURNALS, f"{COMPANY}/journals", limit="1")
            await api.get(ACCOUNTS, f"{COMPANY}/ledger_accounts", limit="1")
            await api.get(ENTRIES, f"{COMPANY}/ledger_entries", limit="1")
        except NotAnswered as error:
            failure = error.failure
            if failure.message.category == "rights_missing":
                return (*_prerequisites(met), Prerequisite(name="rights_granted", met=False, message=failure.message))
            if failure.cause != "refused":
                raise
            return (Prerequisite(name="company_reachable", met=False, message=failure.message),)
        return _prerequisites({"company_reachable": None, "rights_granted": None, **met})

    def fetch_reference_data(self, session: Session, kinds: Collection[ReferenceKind]) -> AsyncIterator[ReferenceRows]:
        """See `gateways.domain.charts.read`."""
        api = self._api(session)
        return charts.read(
            kinds,
            accounts=lambda: read_accounts(api, session.books),
            journals=lambda: read_journals(api, session.books),
            fiscal_years=lambda: read_fiscal_years(api),
        )

    async def send(self, session: Session, parcels: Sequence[Parcel]) -> tuple[SendOutcome, ...]:
        """For each parcel, in order: its document is uploaded, then `POST …/ledger_entries` books it."""
        return tuple([await _Sending(self, session, parcel).run() for parcel in parcels])

    async def find(self, session: Session, parcel: Parcel) -> FindOutcome:
        """By journal, date and the mark in the label."""
        api = self._api(session)
        return await look_for(api, Directory(api, session.books), parcel)

    async def verify(self, session: Session, parcel: Parcel, handle: str | None) -> FindOutcome:
        """Nothing is ever handed over; whoever asks anyway hears whether the books hold the entry."""
        return await self.find(session, parcel)

    async def ensure_accounts(self, session: Session, accounts: Sequence[Account]) -> EnsuredAccounts:
        """Those that are missing are created; under 401 and 411 with their supplier or customer."""
        return await charts.ensure_each(accounts, Directory(self._api(session), session.books).ensure)

    async def attach(self, session: Session, parcel: Parcel, software_entry_id: str) -> None:
        """Uploaded, then named by `PUT …/ledger_entries/{id}`; an entry that shows a document is left alone."""
        api = self._api(session)
        if (await api.entry(software_entry_id)).attachment is not None:
            return
        attachments = Attachments(api, session.books)
        try:
            uploaded = await attachments.id_for(parcel, texts_of(parcel, self.sheet).document_names)
        except DocumentUnavailable:
            raise NotAnswered(CouldNotAsk(exchange=Exchange(), message=DOCUMENT_UNAVAILABLE)) from None
        if uploaded is None:
            return
        try:
            await api.attach(software_entry_id, uploaded)
        except NotAnswered as error:
            if error.failure.message.category == "attachment_unknown":
                await attachments.forget(parcel)
            raise

    def _no_year(self) -> SoftwareMessage:
        return self._words(
            "no_fiscal_year",
            {"fr": "La société n'a pas d'exercice ouvert.", "en": "The company has no open fiscal year."},
        )

    def _api(self, session: Session) -> Api:
        return Api(self.sheet, self._settings, session)

    def _words(self, category: str, said: Bilingual) -> SoftwareMessage:
        return own_words(self.sheet, category, said)


class _Sending:
    """One parcel on its way. Until `book` nothing can have been booked, whatever fails."""

    def __init__(self, connector: Pennylane, session: Session, parcel: Parcel) -> None:
        self._connector = connector
        self._session = session
        self._parcel = parcel
        self._sheet = connector.sheet
        self._api = connector._api(session)
        self._directory = Directory(self._api, session.books)
        self._attachments = Attachments(self._api, session.books)

    async def run(self) -> SendOutcome:
        """The whole way, to its outcome."""
        try:
            composed = await self._prepare()
        except Unbookable as error:
            return Rejected(exchange=Exchange(), message=self._words(error.category, error.said))
        except NotAnswered as error:
            return before_sending(error.failure)
        except DocumentUnavailable:
            return NotSent(exchange=Exchange(), message=DOCUMENT_UNAVAILABLE)
        except NoAnswer as error:
            return NotSent(exchange=Exchange(), message=error.message)
        except UNREACHABLE:
            return NotSent(exchange=Exchange(), message=words("not_answered"))
        return await self._book(composed)

    async def _prepare(self) -> Composed:
        check_bookable(self._parcel, self._sheet)
        ids = await self._directory.ids_for(self._parcel)
        names = texts_of(self._parcel, self._sheet).document_names
        attachment = await self._attachments.id_for(self._parcel, names)
        return compose(self._parcel, self._sheet, Ids(ids.journal, ids.accounts, attachment))

    async def _book(self, composed: Composed) -> SendOutcome:
        sent = Exchange(sent=composed.shown, cuts=composed.cuts)
        try:
            answer = await self._api.book(composed.content)
        except NotAnswered as error:
            return before_sending(error.failure)
        except NoAnswer as error:
            outcome = NotSent if error.rule.outcome == "not_sent" else Unknown
            return outcome(exchange=sent, message=error.message)
        if answer.is_success:
            return await self._confirm(answer, answer.exchange(sent))
        return await self._refusal(judge_send(self._sheet, read_refusal(answer, sent)))

    async def _confirm(self, answer: Answer, exchange: Exchange) -> SendOutcome:
        """A success that names the entry is believed; one that does not is believed when the books show the entry."""
        try:
            entry_id = str(CREATED.validate_json(answer.body).id)
        except ValidationError:
            found = await self._connector.find(self._session, self._parcel)
            if not isinstance(found, Found):
                message = self._words(
                    "answer_unclear",
                    {
                        "fr": "Pennylane a répondu par un succès, mais sans écriture.",
                        "en": "Pennylane answered success without an entry.",
                    },
                )
                return Unknown(exchange=exchange, message=message)
            entry_id = found.software_entry_id
        return Accepted(
            exchange=exchange, software_entry_id=entry_id, documents=documents_of(self._parcel, attached=True)
        )

    async def _refusal(self, outcome: SendOutcome) -> SendOutcome:
        """What a refusal means. Denied ids are forgotten; where our memory gave them, the entry is not to blame."""
        if not isinstance(outcome, Rejected) or not (kind := STALE_IDS.get(outcome.message.category)):
            return outcome
        if kind == "document":
            await self._attachments.forget(self._parcel)
            remembered = self._attachments.from_memory
        else:
            lines = self._parcel.entry.lines
            numbers = {line.published_account for line in lines} if kind == "account" else {self._parcel.journal_code}
            await self._session.books.forget(kind, numbers)
            remembered = kind in self._directory.from_memory
        return NotSent(exchange=outcome.exchange, message=STALE_ID) if remembered else outcome

    def _words(self, category: str, said: Bilingual) -> SoftwareMessage:
        return own_words(self._sheet, category, said)


def _prerequisites(met: dict[str, SoftwareMessage | None]) -> tuple[Prerequisite, ...]:
    return tuple(Prerequisite(name=name, met=message is None, message=message) for name, message in met.items())


def _software_file(company: Company) -> SoftwareFile:
    return SoftwareFile(
        software_file_id=str(company.id),
        name=company.name or company.billing_company_name,
        code=company.client_code or None,
        siren=company.siren or None,
    )
