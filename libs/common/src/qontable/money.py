"""Amounts of money: exact decimals in a known currency, never floats.

On the wire an amount is a decimal string (DESIGN 4). Inside it is a `Decimal` that holds no more digits than the
currency has minor units (ISO 4217), so that sums are exact and every amount has one spelling.
"""

import re
from decimal import Decimal

from iso4217 import Currency

MAX_INTEGER_DIGITS = 12
ZERO = Decimal(0)
BOOK_CURRENCY = "EUR"
"""Books are kept in euros (Code de commerce, art. L123-22); other currencies stand on lines as foreign amounts."""
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_EXPONENTS: dict[str, int] = {currency.code: currency.exponent or 0 for currency in Currency}
_STEPS: dict[int, Decimal] = {places: Decimal(1).scaleb(-places) for places in set(_EXPONENTS.values())}


class InvalidAmount(ValueError):
    """The text is not an amount of this currency; the message says why, without quoting the text.

    `code` and `values` are the finding's (`qontable.findings`) by which the accountant reads the same.
    """

    def __init__(self, message: str, code: str = "invalid_amount", **values: str) -> None:
        super().__init__(message)
        self.code = code
        self.values = values


def known_currency(code: str) -> bool:
    """Whether `code` is an active ISO 4217 currency."""
    return code in _EXPONENTS


def minor_units(currency: str) -> int:
    """Number of decimals of a currency: 2 for EUR, 0 for JPY. Raises `InvalidAmount` for an unknown one."""
    try:
        return _EXPONENTS[currency]
    except KeyError:
        why = f"{currency!r} is not an ISO 4217 currency"
        raise InvalidAmount(why, "unknown_currency", currency=currency) from None


def parse_amount(text: str, currency: str = "EUR") -> Decimal:
    """The amount that a decimal string says, with exactly the currency's decimals.

    Raises `InvalidAmount` for anything but a plain decimal, for too many decimals and for more than 12 integer digits.
    Trailing zeros beyond the currency's decimals are no extra precision and are accepted.
    """
    places = minor_units(currency)
    if not _PLAIN.fullmatch(text):
        raise InvalidAmount("not a plain decimal number")
    amount = Decimal(text)
    if amount.adjusted() >= MAX_INTEGER_DIGITS:
        why = f"more than {MAX_INTEGER_DIGITS} digits before the decimal mark"
        raise InvalidAmount(why, "amount_too_large", max=str(MAX_INTEGER_DIGITS))
    quantized = amount.quantize(_STEPS[places])
    if quantized != amount:
        why = f"more decimals than {currency} has ({places})"
        raise InvalidAmount(why, "amount_too_precise", currency=currency, places=str(places))
    return abs(quantized) if quantized == 0 else quantized


def format_amount(amount: Decimal) -> str:
    """The wire spelling of an amount: plain decimal string, never an exponent."""
    return format(amount, "f")
