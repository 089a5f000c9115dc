"""What of an entry's summary can be listed and searched."""

from datetime import date
from decimal import Decimal

import pytest

from hub.domain.cursor import read_cursor, write_cursor
from hub.domain.entry import read_summary
from hub.domain.problem import Refused


def test_a_summary_is_read_as_it_is_written() -> None:
    shown = read_summary({"date": "2026-03-12", "amount": "120.00", "label": "Papeterie", "currency": "EUR"})
    assert (shown.date, shown.amount, shown.label) == (date(2026, 3, 12), Decimal("120.00"), "Papeterie")
    assert (shown.kind, shown.third_party) == (None, None)


@pytest.mark.parametrize("amount", ["many", "NaN", "Infinity", "1e999999", 120.0, None, ""])
def test_an_amount_that_is_none_is_not_listed(amount: object) -> None:
    assert read_summary({"amount": amount}).amount is None


@pytest.mark.parametrize("day", ["2026-02-31", "12/03/2026", 20260312, None, ""])
def test_a_date_that_is_none_is_not_listed(day: object) -> None:
    assert read_summary({"date": day}).date is None


def test_a_cursor_brings_back_the_key_it_was_made_of() -> None:
    key = read_cursor(write_cursor("Boulangerie Müller", "fil_1"), lambda texts: (texts[0], texts[1]))
    assert key == ("Boulangerie Müller", "fil_1")


@pytest.mark.parametrize("cursor", ["", "x", "bm8", "WzFd", write_cursor("one"), write_cursor("a\x00b", "c")])
def test_a_cursor_of_another_list_is_refused(cursor: str) -> None:
    with pytest.raises(Refused) as refused:
        read_cursor(cursor, lambda texts: (texts[0], texts[1]))
    assert refused.value.code == "invalid_cursor"
