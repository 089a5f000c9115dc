"""The token that every request carries: one that was typed, or one of OAuth 2, renewed in good time (decision 14).

Pennylane's refresh tokens work once, and each renewal gives another. If an answer to a renewal is lost, we may hold a
refresh token that is worth nothing. So a token is renewed when a third of its life is over: should that fail for good
while the access token still works, the connection's owner is told until when. Should both be worth nothing, a token
that was typed beside the authorisation takes its place.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from pydantic import ValidationError

from gateways.adapters.http import Answer, Body, Request, ask
from gateways.adapters.transport import NoAnswer
from gateways.connectors.pennylane.answers import GRANT
from gateways.connectors.pennylane.refusals import read_refusal
from gateways.connectors.pennylane.settings import PennylaneSettings
from gateways.domain.judgement import TOKEN_RENEWED, judge_read, own_words
from gateways.domain.outcome import CouldNotAsk, Exchange, NotAnswered
from gateways.domain.port import KeptTokens, NewTokens, Session, Tokens, TokensUnreadable
from gateways.domain.words import authorisation_ends, spare_in_use, words
from qontable.bilingual import Bilingual
from qontable.clock import now
from qontable.sheet import Sheet

RENEWED_AFTER = 1 / 3
"""Of an access token's life: 8 of its 24 hours, which leaves 16 to act in."""
TOKEN_SECONDS = 20.0
YOUNG = timedelta(minutes=5)
"""A token that was refused at this age is not refused for having ended."""
REFUSED = "invalid_grant"
"""RFC 6749, 5.2: the code or refresh token is not, or no more, worth anything."""
SEEDS = {"refresh_token": "refresh_token", "authorization_code": "code"}
"""What may be typed instead of a token: grant type (RFC 6749, 4.1.3 and 6) → its parameter."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What one renewal gave, as it is kept. `refused` says that its refresh token has been refused since."""

    access: str
    refresh: str
    given_at: datetime
    until: datetime
    refused: bool = False

    @classmethod
    def of(cls, kept: KeptTokens) -> "Grant":
        """As it was kept."""
        held = kept.secrets
        given_at, until = datetime.fromisoformat(held["given_at"]), datetime.fromisoformat(held["until"])
        return cls(held["access"], held["refresh"], given_at, until, held["refused"] == "yes")

    def to_keep(self, *, renewed: bool) -> NewTokens:
        """As it is to be kept. Refused, it is not to be renewed before its end, when nothing is left to lose."""
        secrets = {
            "access": self.access,
            "refresh": self.refresh,
            "given_at": self.given_at.isoformat(),
            "until": self.until.isoformat(),
            "refused": "yes" if self.refused else "no",
        }
        early = self.given_at + (self.until - self.given_at) * RENEWED_AFTER
        return NewTokens(secrets, self.until if self.refused else early, renewed)

    def dead(self) -> "Grant":
        """The same, known to be worth nothing any more."""
        return Grant(self.access, self.refresh, self.given_at, min(self.until, now()), refused=True)


class Access:
    """The access of one session. Its methods raise `NotAnswered`."""

    def __init__(self, sheet: Sheet, settings: PennylaneSettings, session: Session) -> None:
        self._sheet = sheet
        self._settings = settings
        self._session = session

    @property
    def renewable(self) -> bool:
        """Whether there is an authorisation, whose access token Pennylane renews; or nothing to go by at all."""
        return any(self._session.credentials.get(seed) for seed in SEEDS) or self._spare is None

    async def token(self) -> str:
        """The token of the next request; renewed first where it is time for that."""
        if self._spare is None:
            return await self._renewed()
        if not self.renewable:
            return self._spare
        try:
            return await self._renewed()
        except NotAnswered as error:
            if error.failure.cause != "credentials":
                raise
            self._tokens.warn(spare_in_use())
            return self._spare

    @property
    def _spare(self) -> str | None:
        return self._session.credentials.get("token")

    async def _renewed(self) -> str:
        kept = await self._kept()
        if kept is None:
            kept = await self._renew(None)
        elif kept.renew_at <= now() and not Grant.of(kept).refused:
            kept = await self._renew_in_time(kept)
        return self._usable(Grant.of(kept)).access

    async def refused(self, token: str, answer: Answer) -> CouldNotAsk:
        """What a 401 under `token` comes to: a token that ended early is renewed, and the request can be made again."""
        if token == self._spare:
            return judge_read(self._sheet, read_refusal(answer))
        kept = await self._kept()
        if kept is None or Grant.of(kept).access != token:
            return CouldNotAsk(exchange=answer.exchange(), message=TOKEN_RENEWED)
        grant = Grant.of(kept)
        if now() - grant.given_at < YOUNG:
            return judge_read(self._sheet, read_refusal(answer))
        if not grant.refused:
            kept = await self._renew(kept)
        if Grant.of(kept).refused:
            await self._tokens.renew(kept, _noting(Grant.of(kept).dead()))
            if self._spare is None:
                return self._ended()
        return CouldNotAsk(exchange=answer.exchange(), message=TOKEN_RENEWED)

    @property
    def _tokens(self) -> Tokens:
        assert self._session.tokens is not None, "the lane keeps tokens for every call"
        return self._session.tokens

    async def _kept(self) -> KeptTokens | None:
        try:
            return await self._tokens.kept()
        except TokensUnreadable:
            message = words("credentials_unreadable")
            raise NotAnswered(CouldNotAsk(exchange=Exchange(), message=message, cause="credentials")) from None

    async def _renew_in_time(self, kept: KeptTokens) -> KeptTokens:
        """The tokens after a renewal; those that we have, should it fail while they still work."""
        try:
            return await self._renew(kept)
        except NotAnswered:
            if Grant.of(kept).until <= now():
                raise
            return kept

    def _usable(self, grant: Grant) -> Grant:
        """The grant, if it still works; when it will not be renewed, the connection's owner is told until when."""
        if grant.refused and grant.until <= now():
            raise NotAnswered(self._ended())
        self._tokens.warn(authorisation_ends(grant.until) if grant.refused else None)
        return grant

    async def _renew(self, kept: KeptTokens | None) -> KeptTokens:
        return await self._tokens.renew(kept, lambda: self._obtain(Grant.of(kept) if kept else None))

    async def _obtain(self, held: Grant | None) -> NewTokens:
        """Ask for tokens. A refresh token that is refused is noted with those that we have, which may still work."""
        asked_at = now()
        answer = await self._ask(self._parameters(held))
        if not answer.is_success:
            refusal = read_refusal(answer)
            if held and refusal.code == REFUSED:
                refused = Grant(held.access, held.refresh, held.given_at, held.until, refused=True)
                return refused.to_keep(renewed=False)
            raise NotAnswered(judge_read(self._sheet, refusal))
        try:
            given = GRANT.validate_json(answer.body)
        except ValidationError:
            said: Bilingual = {  # nor is the answer kept: they may be somewhere in it
                "fr": "Pennylane a répondu au renouvellement des jetons, mais sans jetons.",
                "en": "Pennylane answered a renewal of tokens, but not with tokens.",
            }
            message = own_words(self._sheet, "answer_unclear", said)
            raise NotAnswered(CouldNotAsk(exchange=Exchange(http_status=answer.status), message=message)) from None
        until = asked_at + timedelta(seconds=given.expires_in)
        return Grant(given.access_token, given.refresh_token, asked_at, until).to_keep(renewed=True)

    def _parameters(self, held: Grant | None) -> dict[str, str]:
        """The form of a request for tokens. Raises `NotAnswered` when nothing was typed that it could begin with."""
        client = {
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret.get_secret_value(),
        }
        if held:
            return {"grant_type": "refresh_token", "refresh_token": held.refresh, **client}
        for grant_type, parameter in SEEDS.items():
            if typed := self._session.credentials.get(grant_type):
                code = {"redirect_uri": self._settings.redirect_url} if grant_type == "authorization_code" else {}
                return {"grant_type": grant_type, parameter: typed, **code, **client}
        message = own_words(
            self._sheet,
            "credentials_refused",
            {
                "fr": "Ni jeton ni autorisation n'ont été saisis.",
                "en": "Neither a token nor an authorisation was typed.",
            },
        )
        raise NotAnswered(CouldNotAsk(exchange=Exchange(), message=message, cause="credentials"))

    async def _ask(self, form: dict[str, str]) -> Answer:
        """One request for tokens, which all that it holds is kept out of."""
        route = "/oauth/token"
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        secrets = tuple(form[name] for name in ("refresh_token", "code", "client_secret") if form.get(name))
        url = self._settings.url.rstrip("/") + route
        request = Request("POST", url, route, headers, body=Body.of(urlencode(form).encode()), secrets=secrets)
        try:
            return await ask(self._session, request, seconds=TOKEN_SECONDS)
        except NoAnswer as error:
            raise NotAnswered(CouldNotAsk(exchange=Exchange(), message=error.message)) from None

    def _ended(self) -> CouldNotAsk:
        said: Bilingual = {
            "fr": "Pennylane ne renouvelle plus l'autorisation, et celle que nous avions a pris fin.",
            "en": "Pennylane renews the authorisation no more, and what we had has ended.",
        }
        message = own_words(self._sheet, "credentials_refused", said)
        return CouldNotAsk(exchange=Exchange(), message=message, cause="credentials")


def _noting(grant: Grant) -> Callable[[], Awaitable[NewTokens]]:
    async def note() -> NewTokens:
        return grant.to_keep(renewed=False)

    return note
