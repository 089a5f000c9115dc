"""Numbers, amounts and quotations as the reader's language writes them."""

from decimal import Decimal

from qontable.bilingual import NO_BREAK_SPACE, Language

NARROW_SPACE = "\u202f"
_SYMBOLS = {"EUR": "€"}


def write_number(number: int, language: Language) -> str:
    """`12 400` or `12,400`."""
    return f"{number:,}".replace(",", NARROW_SPACE) if language == "fr" else f"{number:,}"


def write_amount(amount: Decimal, currency: str | None, language: Language) -> str:
    """`1 234,56 €` or `€1,234.56`; a currency without a sign of ours is named by its code."""
    number = _grouped(amount, language)
    sign = _SYMBOLS.get(currency or "EUR")
    if language == "fr":
        return f"{number}{NO_BREAK_SPACE}{sign or currency}"
    return f"{sign}{number}" if sign else f"{currency}{NO_BREAK_SPACE}{number}"


def write_plain_amount(amount: Decimal, language: Language) -> str:
    """`1 234,56` or `1,234.56`, and nothing for zero: a column of debits or credits."""
    return _grouped(amount, language) if amount else ""


def _grouped(amount: Decimal, language: Language) -> str:
    """All decimals that there are, and at least two: nothing is rounded away."""
    exponent = amount.as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    plain = f"{amount:,.{places}f}"
    return plain.replace(",", NARROW_SPACE).replace(".", ",") if language == "fr" else plain


def write_quoted(text: str, language: Language) -> str:
    """Somebody's own words, marked as theirs: `« … »` or `“…”`."""
    return f"«{NO_BREAK_SPACE}{text}{NO_BREAK_SPACE}»" if language == "fr" else f"“{text}”"
