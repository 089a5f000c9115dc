"""MyUnisoft as a connector: synchronous, one entry per call, booked at once, found again by our reference."""

from collections.abc import AsyncIterator, Collection, Sequence

import orjson
from pydantic import ValidationError

from gateways.adapters.http import Answer
from gateways.adapters.transport import NoAnswer
from gateways.connectors.myunisoft.answers import (
    BOOKED,
    EXERCICES,
    FOUND,
    KEY_INFO,
    SOCIETIES,
    BookedEntries,
    KeyInfo,
    Society,
)
from gateways.connectors.myunisoft.api import Api, read_refusal
from gateways.connectors.myunisoft.directory import Directory
from gateways.connectors.myunisoft.mapping import check_bookable, compose
from gateways.connectors.myunisoft.reference import read_accounts, read_fiscal_years, read_journals
from gateways.connectors.myunisoft.settings import MyUnisoftSettings
from gateways.connectors.myunisoft.texts import texts_of
from gateways.domain import charts
from gateways.domain.judgement import DOCUMENT_UNAVAILABLE, STALE_ID, Unbookable, judge_send, own_words
from gateways.domain.outcome import (
    Accepted,
    CredentialsAccepted,
    CredentialsOutcome,
    CredentialsRefused,
    EnsuredAccounts,
    Exchange,
    FindOutcome,
    Found,
    NotAnswered,
    NotFound,
    NotSent,
    Rejected,
    SendOutcome,
    Unknown,
    before_sending,
)
from gateways.domain.port import BookKind, DocumentUnavailable, Parcel, Session
from qontable.bilingual import Bilingual
from qontable.events.connector import Prerequisite
from qontable.events.delivery import DocumentState, SoftwareMessage
from qontable.events.hub import SoftwareFile
from qontable.events.reference import Account, ReferenceKind, ReferenceRows
from qontable.sheet import Sheet

REFUSED_CREDENTIALS = ("credentials", "plugin_off", "refused")
STALE_IDS: dict[str, BookKind] = {"account_unknown": "account", "journal_unknown": "journal"}
"""Refusals that say that an id we remembered is none any more."""


class MyUnisoft:
    """See `gateways.domain.port.Connector` for what each method promises."""

    def __init__(self, sheet: Sheet, settings: MyUnisoftSettings) -> None:
        self.sheet = sheet
        self._settings = settings

    async def check_credentials(self, session: Session) -> CredentialsOutcome:
        """`GET /key/info?mode=extended` activates a new key; one that was not active yet is asked about again."""
        try:
            info = await self._key_info(session)
            if not info.isActivated:
                info = await self._key_info(session)
        except NotAnswered as error:
            failure = error.failure
            return CredentialsRefused(message=failure.message) if failure.cause in REFUSED_CREDENTIALS else failure
        if not info.isActivated:
            return CredentialsRefused(
                message=self._words(
                    "credentials_refused",
                    {"fr": "La clé n'a pas pu être activée.", "en": "The key could not be activated."},
                )
            )
        return CredentialsAccepted()

    async def list_software_files(self, session: Session) -> tuple[SoftwareFile, ...]:
        """A firm's key opens all its files; a key of one file names that file only."""
        info = await self._key_info(session)
        if info.target.type != "firm" and info.target.societyId is not None:
            number = str(info.target.societyId)
            return (SoftwareFile(software_file_id=number, name=number),)
        api = self._api(session)
        page = await api.get(SOCIETIES, "/society")
        if not page.whole:
            found = len(page.society_array)
            raise NotAnswered(
                api.reader.unclear(
                    {
                        "fr": f"MyUnisoft compte {page.row_numbers} dossiers, mais en donne {found}.",
                        "en": f"MyUnisoft counts {page.row_numbers} files but lists {found}.",
                    }
                )
            )
        return tuple(_software_file(society) for society in page.society_array)

    async def check_prerequisites(self, session: Session) -> tuple[Prerequisite, ...]:
        """Reading the fiscal years shows whether the key opens the file, and whether one of them is open."""
        try:
            years = await self._api(session).get(EXERCICES, "/society/exercice")
        except NotAnswered as error:
            if error.failure.cause != "refused":
                raise
            return (Prerequisite(name="folder_reachable", met=False, message=error.failure.message),)
        is_open = any(not year.closed for year in years)
        return (
            Prerequisite(name="folder_reachable", met=True),
            Prerequisite(name="fiscal_year_open", met=is_open),
        )

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
        """One call of `POST /entry?type=e` for each parcel, in order."""
        return tuple([await self._send(session, parcel) for parcel in parcels])

    async def find(self, session: Session, parcel: Parcel) -> FindOutcome:
        """`GET /entry/id?id_origin=`; what counts as *no such entry* is the sheet's `absent_entry_answer`."""
        api = self._api(session)
        try:
            answer = await api.get_answer("/entry/id", id_origin=parcel.reference)
            if self._says_absent(answer):
                return NotFound(exchange=answer.exchange())
            entry = api.reader.read(FOUND, answer)
        except NotAnswered as error:
            return error.failure
        return Found(
            exchange=answer.exchange(Exchange(cuts=texts_of(parcel, self.sheet).cuts)),
            software_entry_id=str(entry.id_entry),
            documents=_documents_of(parcel),
        )

    async def verify(self, session: Session, parcel: Parcel, handle: str | None) -> FindOutcome:
        """Nothing is ever handed over; whoever asks anyway hears whether the books hold the entry."""
        return await self.find(session, parcel)

    async def ensure_accounts(self, session: Session, accounts: Sequence[Account]) -> EnsuredAccounts:
        """`POST /account` for each: created, or found as it is."""
        return await charts.ensure_each(accounts, self._directory(session).ensure)

    async def _send(self, session: Session, parcel: Parcel) -> SendOutcome:
        directory = self._directory(session)
        try:
            check_bookable(parcel, self.sheet)
            ids = await directory.ids_for(parcel)
        except Unbookable as error:
            return Rejected(exchange=Exchange(), message=self._words(error.category, error.said))
        except NotAnswered as error:
            return before_sending(error.failure)
        composed = compose(parcel, self.sheet, ids)
        sent = Exchange(sent=composed.shown, cuts=composed.cuts)
        try:
            answer = await self._api(session).book(composed.body)
        except DocumentUnavailable:
            return NotSent(exchange=sent, message=DOCUMENT_UNAVAILABLE)
        except NoAnswer as error:
            outcome = NotSent if error.rule.outcome == "not_sent" else Unknown
            return outcome(exchange=sent, message=error.message)
        if answer.is_success:
            return await self._confirm(session, parcel, answer, answer.exchange(sent))
        return await self._refusal(session, parcel, judge_send(self.sheet, read_refusal(answer, sent)), directory)

    async def _confirm(self, session: Session, parcel: Parcel, answer: Answer, exchange: Exchange) -> SendOutcome:
        """A success that names the entry is believed; one that does not is believed when the books show the entry."""
        try:
            entry_id = _booked_id(answer)
        except orjson.JSONDecodeError:
            return Unknown(
                exchange=exchange,
                message=self._words(
                    "answer_unclear", {"fr": "La réponse n'est pas du JSON.", "en": "The answer is not JSON."}
                ),
            )
        if entry_id is None:
            found = await self.find(session, parcel)
            if not isinstance(found, Found):
                message = self._words(
                    "answer_unclear",
                    {
                        "fr": "MyUnisoft a répondu par un succès, mais sans écriture.",
                        "en": "MyUnisoft answered success without an entry.",
                    },
                )
                return Unknown(exchange=exchange, message=message)
            entry_id = found.software_entry_id
        return Accepted(exchange=exchange, software_entry_id=entry_id, documents=_documents_of(parcel))

    async def _refusal(
        self, session: Session, parcel: Parcel, outcome: SendOutcome, directory: Directory
    ) -> SendOutcome:
        """What a refusal means. Denied ids are forgotten; where our memory gave them, the entry is not to blame."""
        if not isinstance(outcome, Rejected) or not (kind := STALE_IDS.get(outcome.message.category)):
            return outcome
        lines = parcel.entry.lines
        numbers = {line.published_account for line in lines} if kind == "account" else {parcel.journal_code}
        await session.books.forget(kind, numbers)
        return NotSent(exchange=outcome.exchange, message=STALE_ID) if kind in directory.from_memory else outcome

    def _says_absent(self, answer: Answer) -> bool:
        if answer.is_success:
            return answer.body.strip() in (b"null", b"{}", b"[]")
        refusal = read_refusal(answer)
        rule = self.sheet.error_rule(refusal.status, refusal.code, refusal.text)
        return rule.category == "entry_not_found"

    async def _key_info(self, session: Session) -> KeyInfo:
        return await self._api(session).get(KEY_INFO, "/key/info", mode="extended")

    def _api(self, session: Session) -> Api:
        return Api(self.sheet, self._settings, session)

    def _directory(self, session: Session) -> Directory:
        assert session.software_file_id is not None, "the lane names the file of every parcel"
        return Directory(self._api(session), session.books, session.software_file_id)

    def _words(self, category: str, said: Bilingual) -> SoftwareMessage:
        return own_words(self.sheet, category, said)


def _booked_id(answer: Answer) -> str | None:
    """The entry's id in the answer to a write, if it is where we assume it. Raises `orjson.JSONDecodeError`."""
    if not answer.body.strip():
        return None
    content = orjson.loads(answer.body)
    try:
        booked = BOOKED.validate_python(content)
    except ValidationError:
        return None
    if isinstance(booked, BookedEntries):
        return str(booked.entry_array[0].entry_id) if booked.entry_array else None
    return str(booked.entry_id)


def _documents_of(parcel: Parcel) -> DocumentState:
    """Documents travel inside the entry: where it is, they are."""
    return "sent" if parcel.documents else "none"


def _software_file(society: Society) -> SoftwareFile:
    return SoftwareFile(
        software_file_id=str(society.society_id),
        name=society.name,
        code=society.folder_reference or None,
        siren=society.siret[:9] or None,
    )
