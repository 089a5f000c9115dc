"""Cegid Loop as a connector: entries leave together, as an import whose verdict comes later; documents are fetched."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import timedelta

from pydantic import ValidationError

from gateways.adapters.http import Answer
from gateways.adapters.transport import NoAnswer
from gateways.connectors.cegid_loop.answers import (
    COMPTE,
    DONE,
    FAILED,
    JOURNAL,
    REQUEST,
    Verdict,
    error_in,
    gate_words,
    is_json,
    verdict_in,
)
from gateways.connectors.cegid_loop.api import Api, quoted, refusal_in
from gateways.connectors.cegid_loop.mapping import Ready, compose, imports, ready
from gateways.connectors.cegid_loop.reference import (
    find_third_party,
    missing_third_parties,
    read_accounts,
    read_journals,
    read_third_parties,
    remember,
)
from gateways.connectors.cegid_loop.search import look_for
from gateways.connectors.cegid_loop.settings import CegidLoopSettings
from gateways.connectors.cegid_loop.texts import texts_of
from gateways.domain.judgement import Answered, Unbookable, judge_read, judge_send, own_words, say
from gateways.domain.outcome import (
    BatchRefused,
    CouldNotAsk,
    CredentialsAccepted,
    CredentialsOutcome,
    CredentialsRefused,
    EnsuredAccounts,
    Exchange,
    FindOutcome,
    JobAccepted,
    NotAnswered,
    NotFound,
    NotSent,
    Rejected,
    SendOutcome,
    StillPending,
    Unknown,
    VerifyOutcome,
    before_sending,
)
from gateways.domain.port import Parcel, Session
from qontable.bilingual import Bilingual
from qontable.cutting import TextRefused
from qontable.events.connector import Prerequisite
from qontable.events.delivery import SoftwareMessage
from qontable.events.hub import SoftwareFile
from qontable.events.reference import Account, ReferenceKind, ReferenceRows
from qontable.sheet import Sheet

NO_IMPORT = "00000000-0000-0000-0000-000000000000"
"""An import that does not exist: asking for it tries the keys and needs no client file."""
REFUSED_CREDENTIALS = ("credentials", "plugin_off")
OF_THE_IMPORT = frozenset({200, 400, 404, 409, 422})
"""Statuses with which an import that does not exist may be denied."""
NO_ROUTE = "resource not found"
"""What the gate in front of the API says of an address that leads nowhere."""
OF_THE_FILE = frozenset({"connector_not_activated", "software_file_unknown"})
"""Refusals for which no entry is to blame: those that left together share them, and nothing was booked."""


class CegidLoop:
    """See `gateways.domain.port.Connector` for what each method promises."""

    def __init__(self, sheet: Sheet, settings: CegidLoopSettings) -> None:
        self.sheet = sheet
        self._settings = settings
        self._poll_after = timedelta(seconds=float(sheet.capabilities["poll_after"].value))

    async def check_credentials(self, session: Session) -> CredentialsOutcome:
        """`GET /getImportStatus` of an import that does not exist: whatever Cegid Loop says of it, it read the keys
        first (the sheet's `credentials_check`)."""
        api = self._api(session)
        try:
            answer = await api.get("/getImportStatus", accountingImportRequestId=NO_IMPORT)
        except NotAnswered as error:
            return error.failure
        refusal = refusal_in(answer)
        if refusal is None:
            return CredentialsAccepted() if is_json(answer.body) else api.reader.undocumented(answer)
        failure = judge_read(self.sheet, refusal)
        if failure.cause in REFUSED_CREDENTIALS:
            return CredentialsRefused(message=failure.message)
        return CredentialsAccepted() if _speaks_of_the_import(answer) else failure

    async def list_software_files(self, session: Session) -> tuple[SoftwareFile, ...]:
        """No route that lists client files is known (the sheet's `lists_software_files`): their codes are typed, and
        tried by `check_prerequisites`."""
        return ()

    async def check_prerequisites(self, session: Session) -> tuple[Prerequisite, ...]:
        """Reading one journal shows whether the code is a client file's and the key is activated on it."""
        try:
            await self._api(session).rows(JOURNAL, "/journal", take=1)
        except NotAnswered as error:
            if error.failure.cause != "refused":
                raise
            return (Prerequisite(name="connector_activated", met=False, message=error.failure.message),)
        return (Prerequisite(name="connector_activated", met=True),)

    async def fetch_reference_data(
        self, session: Session, kinds: Collection[ReferenceKind]
    ) -> AsyncIterator[ReferenceRows]:
        """Fiscal years have no route: of them nothing is given (the sheet's `fiscal_years`)."""
        api = self._api(session)
        if "accounts" in kinds:
            async for rows in read_accounts(api):
                yield rows
        if "subsidiaries" in kinds:
            async for rows in read_third_parties(api, session.books):
                yield rows
        if "journals" in kinds:
            async for rows in read_journals(api):
                yield rows

    async def send(self, session: Session, parcels: Sequence[Parcel]) -> tuple[SendOutcome, ...]:
        """One `POST /importJson` for each run of entries of one month, in order."""
        outcomes: dict[int, SendOutcome] = {}
        leaving: dict[int, Ready] = {}
        for place, parcel in enumerate(parcels):
            try:
                leaving[place] = ready(parcel, self.sheet)
            except Unbookable as error:
                outcomes[place] = Rejected(exchange=Exchange(), message=self._words(error.category, error.said))
        outcomes |= await self._held_back(session, leaving)
        bound = {place: item for place, item in leaving.items() if place not in outcomes}
        for run in imports(list(bound.values())):
            outcomes |= dict(zip(_places(bound, run), await self._import(session, run), strict=True))
        return tuple(outcomes[place] for place in range(len(parcels)))

    async def find(self, session: Session, parcel: Parcel) -> FindOutcome:
        """`GET /EcritureComptable`, by origin and then by journal and piece."""
        try:
            texts = texts_of(parcel, self.sheet)
        except TextRefused as refusal:
            message = self._words(
                "look_up_ambiguous",
                {
                    "fr": f"Les textes de l'écriture ne conviennent plus : {refusal.code}.",
                    "en": f"The entry's texts do not fit any more: {refusal.code}.",
                },
            )
            return CouldNotAsk(exchange=Exchange(), message=message, cause="refused")
        return await look_for(self._api(session), parcel, texts)

    async def verify(self, session: Session, parcel: Parcel, handle: str | None) -> VerifyOutcome:
        """`GET /getImportStatus`, once for all entries of an import; after its end, whether the books hold the entry.

        An import that Cegid Loop denies has ended for us, too: the books tell.
        """
        if handle is None:
            return await self.find(session, parcel)
        try:
            answer, verdict = await self._verdict(session, handle)
        except NotAnswered as error:
            found = await self.find(session, parcel) if error.failure.cause == "refused" else error.failure
            return error.failure if isinstance(found, NotFound) else found
        if verdict.status not in (DONE, FAILED):
            return StillPending(exchange=answer.exchange(), ask_after=self._poll_after)
        found = await self.find(session, parcel)
        if verdict.status == DONE or not isinstance(found, NotFound):
            return found
        return self._refused(Answered(answer.status, str(FAILED), verdict.words, answer.exchange()))

    async def ensure_accounts(self, session: Session, accounts: Sequence[Account]) -> EnsuredAccounts:
        """Whether these exist. None is created here: third parties come into being with an entry, where the file's
        policy wants it; how `POST /compte` wants a general account is not known."""
        api = self._api(session)
        present: list[str] = []
        refused: dict[str, SoftwareMessage] = {}
        for account in accounts:
            if found := await find_third_party(api, account.number):
                await remember(session.books, found)
            elif not await api.rows(COMPTE, "/compte", take=1, filter=f"numero == {quoted(account.number)}"):
                refused[account.number] = self._words(
                    "account_not_created",
                    {"fr": "Cegid Loop n'a pas ce compte.", "en": "Cegid Loop has no such account."},
                )
                continue
            present.append(account.number)
        return EnsuredAccounts(present=tuple(present), refused=refused)

    async def _held_back(self, session: Session, leaving: dict[int, Ready]) -> dict[int, SendOutcome]:
        """Entries whose third parties must exist and do not: Cegid Loop would book them on a waiting one, unasked."""
        needed = {
            place: {code for code in item.texts.third_parties if code}
            for place, item in leaving.items()
            if not item.parcel.policies.create_missing_accounts
        }
        codes = set().union(*needed.values())
        try:
            missing = await missing_third_parties(self._api(session), session.books, codes) if codes else set()
        except NotAnswered as error:
            return {place: before_sending(error.failure) for place, wanted in needed.items() if wanted}
        return {
            place: Rejected(exchange=Exchange(), message=self._words("subsidiary_unknown", _named(unknown)))
            for place, wanted in needed.items()
            if (unknown := wanted & missing)
        }

    async def _import(self, session: Session, run: Sequence[Ready]) -> list[SendOutcome]:
        """One import, and what it means for each of its entries."""
        api = self._api(session)
        composed = compose(run, api.file_code)
        try:
            answer = await api.import_json(composed.body, composed.links)
        except NoAnswer as error:
            outcome = NotSent if error.rule.outcome == "not_sent" else Unknown
            return [outcome(exchange=sent, message=error.message) for sent in composed.shown]
        shown = zip(run, composed.shown, strict=True)
        return [self._answered(answer, sent, item.parcel, len(run)) for item, sent in shown]

    def _answered(self, answer: Answer, sent: Exchange, parcel: Parcel, together: int) -> SendOutcome:
        if refusal := refusal_in(answer, sent):
            outcome = judge_send(self.sheet, refusal)
            if isinstance(outcome, Rejected) and outcome.message.category not in OF_THE_FILE and together > 1:
                return BatchRefused(exchange=outcome.exchange, message=outcome.message, together=together)
            return outcome
        exchange = answer.exchange(sent)
        try:
            request = REQUEST.validate_json(answer.body)
        except ValidationError:
            message = self._words(
                "answer_unclear",
                {
                    "fr": "Cegid Loop a répondu par un succès, mais sans import.",
                    "en": "Cegid Loop answered success without an import.",
                },
            )
            return Unknown(exchange=exchange, message=message)
        return JobAccepted(
            exchange=exchange,
            handle=request.accountingImportRequestId,
            poll_after=self._poll_after,
            together=together,
            documents="kept" if parcel.documents else "none",
        )

    async def _verdict(self, session: Session, handle: str) -> tuple[Answer, Verdict]:
        """The state of an import, asked for once in a call. Raises `NotAnswered`."""
        api = self._api(session)
        known = session.memo.get(handle)
        if known is None:
            known = session.memo[handle] = await api.get("/getImportStatus", accountingImportRequestId=handle)
        assert isinstance(known, Answer)
        verdict = verdict_in(known.body) if known.status == 200 else None
        if verdict is None:
            api.reader.refuse(known)
            raise NotAnswered(
                api.reader.unclear(
                    {
                        "fr": "La réponse ne dit pas où en est l'import.",
                        "en": "The answer does not say how far the import is.",
                    },
                    known,
                )
            )
        return known, verdict

    def _refused(self, answered: Answered) -> VerifyOutcome:
        """An import that failed and did not book this entry: who is to blame is known only of a refusal of the file."""
        rule = self.sheet.error_rule(answered.status, answered.code, answered.text)
        message = say(rule, answered)
        if rule.category in OF_THE_FILE:
            return Rejected(exchange=answered.exchange, message=message)
        return BatchRefused(exchange=answered.exchange, message=message)

    def _api(self, session: Session) -> Api:
        return Api(self.sheet, self._settings, session)

    def _words(self, category: str, said: Bilingual) -> SoftwareMessage:
        return own_words(self.sheet, category, said)


def _speaks_of_the_import(answer: Answer) -> bool:
    """Whether a refusal is Cegid Loop's own word about what was asked, not that of whatever stands in front of it."""
    words = error_in(answer.body) or gate_words(answer.body)
    return answer.status in OF_THE_IMPORT and words is not None and NO_ROUTE not in str(words).lower()


def _places(bound: dict[int, Ready], run: Sequence[Ready]) -> list[int]:
    chosen = {id(item) for item in run}
    return [place for place, item in bound.items() if id(item) in chosen]


def _named(codes: set[str]) -> Bilingual:
    named = ", ".join(sorted(codes))
    return {"fr": f"Cegid Loop n'a pas de tiers {named}.", "en": f"Cegid Loop has no third party {named}."}
