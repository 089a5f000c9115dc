"""What of an entry is corrected in the Hub, and what is not."""

from typing import Any

import pytest
from services.hub.tests.domain.test_correction import content, corrected

from hub.domain.correctable import out_of_reach
from qontable.events.platform import EntryContent

THIRD = {"code": "401MAR", "label": "Martin", "kind": "supplier", "siren": "552100554"}


def changed(place: str, value: Any) -> EntryContent:
    """The content with another value at a place."""
    made = content().model_dump(mode="json", by_alias=True)
    *way, last = place.split(".")
    at: Any = made
    for name in way:
        at = at[int(name)] if name.isdecimal() else at[name]
    at[last] = value
    return EntryContent.model_validate(made)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("date", "2026-04-01"),
        ("label", "Encre"),
        ("journal", {"code": "AC2", "label": "Achats 2"}),
        ("lines.0.account", "606300"),
        ("lines.0.account_label", "Encre"),
        ("lines.1.label", "Martin"),
        ("lines.1.subsidiary", THIRD),
        ("lines.1.subsidiary", None),
    ],
)
def test_what_the_form_offers_is_within_reach(place: str, value: Any) -> None:
    assert out_of_reach(content(), changed(place, value)) == []


def test_what_the_form_makes_is_within_reach() -> None:
    made = corrected(date="2026-03-01", lines__0__account="606300", lines__1__subsidiary__code="401NEW")
    assert out_of_reach(content(), made) == []


@pytest.mark.parametrize(
    ("place", "value", "where"),
    [
        ("kind", "bank", "kind"),
        ("currency", "USD", "currency"),
        ("due_date", "2026-05-01", "due_date"),
        ("lines.0.debit", "999.00", "lines.0.debit"),
        ("lines.0.payment_method", "card", "lines.0.payment_method"),
        ("lines.0.subsidiary", THIRD, "lines.0.subsidiary"),
        ("lines.1.subsidiary.siren", "552100554", "lines.1.subsidiary"),
        ("lines.1.subsidiary", THIRD | {"kind": "customer"}, "lines.1.subsidiary"),
    ],
)
def test_what_the_form_does_not_offer_is_not(place: str, value: Any, where: str) -> None:
    (fault,) = out_of_reach(content(), changed(place, value))
    assert (fault.where, fault.code) == (where, "not_corrected_here")


def test_lines_neither_come_nor_go() -> None:
    lines = content().model_dump(mode="json", by_alias=True)["lines"]
    assert out_of_reach(content(), changed("lines", lines[:1]))
    assert out_of_reach(content(), changed("lines", [*lines, lines[0]]))
