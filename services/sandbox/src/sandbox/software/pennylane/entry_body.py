"""The bodies of `POST /ledger_entries` and `PUT /ledger_entries/{id}`."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from sandbox.software.pennylane.currencies import CURRENCIES
from sandbox.software.pennylane.schema import Amount, Body, Day, Id, Mistake, OptionalId, Text


def _known_currency(value: str) -> str:
    if value not in CURRENCIES:
        raise Mistake("not_in_enum", f"{value} is not a currency")
    return value


def _array(value: object) -> object:
    if not isinstance(value, list):
        raise Mistake("type", f"expected array, but received {type(value).__name__}")
    return value


class LineBody(Body):
    """A line. Debit and credit are decimal strings; an empty one is nothing."""

    debit: Amount
    credit: Amount
    ledger_account_id: Id
    label: Text = ""


class EntryFile(Body):
    """The part of `PUT /ledger_entries/{id}` that is played: the file of an entry."""

    file_attachment_id: Id


class EntryBody(Body):
    """A whole entry. All its lines are in one currency."""

    date: Day
    label: Text
    journal_id: Id
    ledger_entry_lines: Annotated[list[LineBody], BeforeValidator(_array), Field(min_length=1)]
    file_attachment_id: OptionalId = None
    currency: Annotated[Text, AfterValidator(_known_currency)] = "EUR"
