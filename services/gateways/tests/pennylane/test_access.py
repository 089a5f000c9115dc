"""Which token a request carries, and how one of OAuth is renewed in good time."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateways.connectors.pennylane import access
from gateways.connectors.pennylane.client import Pennylane
from gateways.domain.outcome import Accepted, CouldNotAsk, CredentialsAccepted, CredentialsRefused, NotSent
from gateways.domain.port import Session

from .authority import Authority, Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The hour by which tokens end."""
    clock = Clock()
    monkeypatch.setattr(access, "now", clock)
    return clock


@pytest.fixture
def authority(clock: Clock, software: Any, make: Any) -> Authority:
    """Who gives tokens; the list of companies and the booking of entries demand one that it knows."""
    authority = Authority(clock, usable={"typed-refresh-token", "typed-code"})

    def give(asked: Any) -> Any:
        status, content = authority.form(asked.body)
        return make.reply(content, status)

    def guarded(reply: Any) -> Any:
        def answer(asked: Any) -> Any:
            token = asked.headers["Authorization"].removeprefix("Bearer ")
            return reply if authority.accepts(token) else make.refusal("The access token is invalid", 401)

        return answer

    software.on("POST", "/oauth/token", give)
    software.on("GET", "/companies", guarded(make.numbered([])))
    software.on("POST", "/ledger_entries", guarded(make.reply(make.entry(901), 201)))
    return authority


@pytest.fixture
def oauth(session: Session, authority: Authority) -> Session:
    """A session whose credentials are a refresh token."""
    return replace(session, credentials={"refresh_token": "typed-refresh-token"})


def carried(software: Any) -> list[str]:
    """The tokens that requests of the API carried."""
    return [
        asked.headers["Authorization"].removeprefix("Bearer ")
        for asked in software.requests
        if asked.path != "/oauth/token"
    ]


async def accepted(connector: Pennylane, session: Session) -> bool:
    return isinstance(await connector.check_credentials(session), CredentialsAccepted)


async def test_a_typed_token_is_used_as_it_is(
    connector: Pennylane, session: Session, authority: Authority, software: Any
) -> None:
    assert isinstance(await connector.check_credentials(session), CredentialsRefused)
    assert carried(software) == ["static-token-of-the-firm"]
    assert not authority.forms


async def test_a_typed_refresh_token_is_exchanged_once(
    connector: Pennylane, oauth: Session, authority: Authority
) -> None:
    assert await accepted(connector, oauth)
    assert await accepted(connector, oauth)
    client = {"client_id": "client", "client_secret": "client-secret"}
    assert authority.forms == [{"grant_type": "refresh_token", "refresh_token": "typed-refresh-token", **client}]


async def test_an_authorisation_code_is_exchanged_with_the_address_it_was_given_for(
    connector: Pennylane, session: Session, authority: Authority
) -> None:
    assert await accepted(connector, replace(session, credentials={"authorization_code": "typed-code"}))
    (form,) = authority.forms
    assert form["grant_type"] == "authorization_code"
    assert (form["code"], form["redirect_uri"]) == ("typed-code", "https://hub.example/done")


@pytest.mark.parametrize(("hours", "renewals"), [(7.9, 0), (8.1, 1), (23.9, 1), (25, 1)])
async def test_a_token_is_renewed_when_a_third_of_its_life_is_over(
    connector: Pennylane, oauth: Session, authority: Authority, clock: Clock, hours: float, renewals: int
) -> None:
    assert await accepted(connector, oauth)
    clock.pass_hours(hours)
    assert await accepted(connector, oauth)
    assert len(authority.forms) == 1 + renewals


async def test_a_renewal_that_is_refused_leaves_the_access_token_and_says_until_when(
    connector: Pennylane, oauth: Session, authority: Authority, clock: Clock, tokens: Any
) -> None:
    assert await accepted(connector, oauth)
    end = clock() + timedelta(hours=24)
    authority.usable.clear()
    clock.pass_hours(9)
    assert await accepted(connector, oauth)
    assert tokens.warning.category == "authorisation_ends"
    assert f"{end:%Y-%m-%d %H:%M} UTC" in tokens.warning.remedy["fr"]
    clock.pass_hours(14)
    asked = len(authority.forms)
    assert await accepted(connector, oauth)
    assert len(authority.forms) == asked, "a refresh token that was refused is not tried again"
    clock.pass_hours(2)
    refused = await connector.check_credentials(oauth)
    assert isinstance(refused, CredentialsRefused)
    assert "ended" in refused.message.text
    assert refused.message.remedy["fr"]


async def test_a_new_authorisation_takes_the_warning_back(
    connector: Pennylane, oauth: Session, authority: Authority, clock: Clock, tokens: Any
) -> None:
    assert await accepted(connector, oauth)
    authority.usable = {"typed-code"}
    clock.pass_hours(9)
    assert await accepted(connector, oauth)
    assert tokens.warning
    tokens.held = None  # other credentials have other tokens
    assert await accepted(connector, replace(oauth, credentials={"authorization_code": "typed-code"}))
    assert tokens.warning is None


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_token_endpoint_that_fails_stops_nothing_while_the_access_token_works(
    connector: Pennylane, oauth: Session, clock: Clock, software: Any, make: Any, tokens: Any, status: int
) -> None:
    assert await accepted(connector, oauth)
    software.on("POST", "/oauth/token", make.reply(raw=b"<html>", status=status))
    clock.pass_hours(9)
    assert await accepted(connector, oauth)
    assert tokens.warning is None
    clock.pass_hours(16)
    assert isinstance(await connector.check_credentials(oauth), CouldNotAsk)


async def test_an_access_token_that_ended_early_is_renewed_and_nothing_is_sent_twice(
    connector: Pennylane, oauth: Session, authority: Authority, clock: Clock, software: Any, make: Any
) -> None:
    assert await accepted(connector, oauth)
    clock.pass_hours(1)
    authority.access.clear()
    (first,) = await connector.send(oauth, (make.parcel(),))
    assert isinstance(first, NotSent)
    assert (first.cause, first.message.category) == ("unreachable", "token_renewed")
    (second,) = await connector.send(oauth, (make.parcel(),))
    assert isinstance(second, Accepted)
    assert len(software.asked("POST", "/ledger_entries")) == 2


async def test_a_token_that_is_refused_just_after_it_was_given_is_refused_for_something_else(
    connector: Pennylane, oauth: Session, authority: Authority, software: Any, make: Any
) -> None:
    software.on("GET", "/companies", make.refusal("The access token is invalid", 401))
    assert isinstance(await connector.check_credentials(oauth), CredentialsRefused)
    assert isinstance(await connector.check_credentials(oauth), CredentialsRefused)
    assert len(authority.forms) == 1


async def test_when_both_tokens_are_refused_the_lane_halts(
    connector: Pennylane, oauth: Session, authority: Authority, clock: Clock, make: Any
) -> None:
    assert await accepted(connector, oauth)
    clock.pass_hours(1)
    authority.access.clear()
    authority.usable.clear()
    (outcome,) = await connector.send(oauth, (make.parcel(),))
    assert isinstance(outcome, NotSent)
    assert outcome.cause == "credentials"
    assert "authorise the connection again" in outcome.message.remedy["en"].lower()


async def test_our_own_client_being_refused_is_not_the_firm_s_fault(
    connector: Pennylane, oauth: Session, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector._settings, "client_id", "other")
    outcome = await connector.check_credentials(oauth)
    assert isinstance(outcome, CouldNotAsk)
    assert outcome.message.category == "partner_secret_refused"


@pytest.mark.parametrize("kind", ["refused", "not tokens", "accepted"])
async def test_no_token_is_kept_of_an_exchange(
    connector: Pennylane, oauth: Session, authority: Authority, software: Any, make: Any, tokens: Any, kind: str
) -> None:
    if kind == "refused":
        authority.usable.clear()
    if kind == "not tokens":
        software.on("POST", "/oauth/token", make.reply({"access_token": "new-access-token"}))
    outcome = await connector.check_credentials(oauth)
    shown = repr((outcome, oauth, tokens.held))
    assert "refresh-token" not in shown
    assert "access-token" not in shown
    assert "client-secret" not in shown


def test_what_is_kept_says_when_it_ends() -> None:
    begun = datetime.fromisoformat("2026-03-12T08:00:00+00:00")
    grant = access.Grant("a", "r", begun, begun + timedelta(hours=24))
    assert grant.to_keep(renewed=True).renew_at == begun + timedelta(hours=8)
    assert replace(grant, refused=True).to_keep(renewed=False).renew_at == begun + timedelta(hours=24)


@pytest.fixture
def spared(oauth: Session, authority: Authority, clock: Clock) -> Session:
    """A session with an authorisation and, beside it, a token of the firm's own that the software knows."""
    authority.access["static-token-of-the-firm"] = clock() + timedelta(days=3650)
    return replace(oauth, credentials={**oauth.credentials, "token": "static-token-of-the-firm"})


async def test_a_spare_is_not_used_while_the_authorisation_works(
    connector: Pennylane, spared: Session, clock: Clock, software: Any, tokens: Any
) -> None:
    assert await accepted(connector, spared)
    clock.pass_hours(9)
    assert await accepted(connector, spared)
    assert "static-token-of-the-firm" not in carried(software)
    assert tokens.warning is None


async def test_a_spare_takes_the_place_of_an_authorisation_that_was_lost(
    connector: Pennylane, spared: Session, authority: Authority, clock: Clock, software: Any, make: Any, tokens: Any
) -> None:
    assert await accepted(connector, spared)
    authority.usable.clear()
    for access_token in [name for name in authority.access if name.startswith("access-token")]:
        authority.access[access_token] = clock()
    clock.pass_hours(9)
    (first,) = await connector.send(spared, (make.parcel(),))
    assert isinstance(first, NotSent)
    assert first.cause == "unreachable", "the lane does not halt: the next try has the spare"
    (second,) = await connector.send(spared, (make.parcel(),))
    assert isinstance(second, Accepted)
    assert carried(software)[-1] == "static-token-of-the-firm"
    assert tokens.warning.category == "spare_in_use"


async def test_a_spare_that_is_refused_halts(
    connector: Pennylane, spared: Session, authority: Authority, clock: Clock
) -> None:
    authority.usable.clear()
    authority.access["static-token-of-the-firm"] = clock()
    assert isinstance(await connector.check_credentials(spared), CredentialsRefused)
