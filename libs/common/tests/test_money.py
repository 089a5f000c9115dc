"""Amounts are exact, have one spelling, and are refused rather than rounded."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qontable.money import InvalidAmount, format_amount, minor_units, parse_amount

CENTS = st.integers(min_value=-(10**14) + 1, max_value=10**14 - 1)


@given(CENTS)
def test_every_amount_of_cents_survives_the_wire(cents: int) -> None:
    amount = Decimal(cents).scaleb(-2)
    assert parse_amount(format_amount(amount)) == amount
    assert format_amount(parse_amount(str(amount))) == format_amount(parse_amount(format_amount(amount)))


@given(st.lists(CENTS, min_size=1, max_size=50))
def test_sums_are_those_of_the_cents(amounts: list[int]) -> None:
    assert sum(parse_amount(f"{Decimal(cents).scaleb(-2):f}") for cents in amounts) * 100 == sum(amounts)


@given(st.text(max_size=40))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    try:
        amount = parse_amount(text)
    except InvalidAmount as refused:
        assert len(text) < 4 or text not in str(refused)
    else:
        assert amount == Decimal(text)
        assert text.isascii()


@pytest.mark.parametrize(
    "text", ["", "NaN", "Infinity", "1e3", "1_000", " 1", "1,00", "1.005", "1000000000000", "١٢", "0x10", "--1", "."]
)
def test_what_is_no_plain_amount_in_euros_is_refused(text: str) -> None:
    with pytest.raises(InvalidAmount):
        parse_amount(text)


@pytest.mark.parametrize(
    ("text", "currency", "spelled"),
    [
        ("100", "EUR", "100.00"),
        ("1.500", "EUR", "1.50"),
        ("-0", "EUR", "0.00"),
        ("7", "JPY", "7"),
        ("1.234", "TND", "1.234"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(text: str, currency: str, spelled: str) -> None:
    assert format_amount(parse_amount(text, currency)) == spelled


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(InvalidAmount, match="ZZZ"):
        minor_units("ZZZ")
