"""Signed links: what they lead to, until when, and what is none."""

from datetime import UTC, datetime, timedelta

import pytest

from qontable.links import Link, LinkEnded, LinkRefused, follow, sign

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)
LINK = Link(firm_id="frm_1", export_id="exp_1", name="écritures.zip", expires_at=NOON + timedelta(minutes=15))
SECRET = "a secret of two services"


def test_a_link_leads_to_what_was_signed() -> None:
    assert follow(SECRET, sign(SECRET, LINK), NOON) == LINK


def test_a_link_ends_with_its_time() -> None:
    with pytest.raises(LinkEnded):
        follow(SECRET, sign(SECRET, LINK), LINK.expires_at)


def test_nobody_makes_a_link_without_the_secret() -> None:
    with pytest.raises(LinkRefused):
        follow(SECRET, sign("another secret, just as long", LINK), NOON)


def test_a_seal_holds_for_its_own_link_only() -> None:
    seal = sign(SECRET, LINK).partition(".")[2]
    other = sign("whatever", LINK.model_copy(update={"firm_id": "frm_2"})).partition(".")[0]
    with pytest.raises(LinkRefused):
        follow(SECRET, f"{other}.{seal}", NOON)


@pytest.mark.parametrize("token", ["", ".", "a.b", "é.é", "e30.", f"{'x' * 5000}.y"])
def test_what_is_no_link_is_refused(token: str) -> None:
    with pytest.raises(LinkRefused):
        follow(SECRET, token, NOON)
