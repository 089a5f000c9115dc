"""The body of `POST /entry` and `POST /entry/temp`: everything that the vendor's JSON schema refuses is refused here.

Two things are stricter than a plain reading of that schema, on purpose: its expressions for `piece`, `piece2` and
`lettrage` stand in `format`, where validators ignore them, and are meant as patterns; dates must be dates. Analytic
keys are the schema's (`code`, `label`, `rate`, `amount`), not those of the page's example, which the schema refuses.
"""

import base64
import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from sandbox.software.myunisoft.call import read_json
from sandbox.software.myunisoft.errors import VendorError

MEDIA_TYPES = (
    "image/gif",
    "image/jpeg",
    "image/pjpeg",
    "image/jpg",
    "image/bmp",
    "image/png",
    "image/x-png",
    "image/tiff",
    "image/tif",
    "application/pdf",
    "application/vnd.ms-excel",
    "application/msword",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.text",
    "text/plain",
)

LARGEST_ID = 2**63
OF_NOTHING = 0


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("un nombre est attendu")  # noqa: TRY004 - what pydantic turns into a refusal
    return Decimal(value)


def _id(value: object) -> int:
    """An id. The schema takes any number; one that can be no id is the id of nothing."""
    number = _number(value)
    return int(number) if abs(number) < LARGEST_ID and number == number.to_integral_value() else OF_NOTHING


def _day(value: object) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("une date AAAA-MM-JJ est attendue")
    return date.fromisoformat(value)


def _not_null(value: object) -> object:
    """A property may be left out, but where it stands it has a value."""
    if value is None:
        raise ValueError("null n'est pas admis")
    return value


NotNull = BeforeValidator(_not_null)


def _bytes(value: object) -> bytes:
    if not isinstance(value, str):
        raise ValueError("une chaîne est attendue")  # noqa: TRY004 - what pydantic turns into a refusal
    return base64.b64decode(value, validate=True)


Id = Annotated[int, BeforeValidator(_id)]
Number = Annotated[Decimal, BeforeValidator(_number)]
Day = Annotated[date, BeforeValidator(_day)]
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
Piece = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9]{1,25}$")]
Letters = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z]{1,3}$")]


class _Open(BaseModel):
    """An object that may hold more than is known of it."""

    model_config = ConfigDict(strict=True, extra="ignore")


class _Closed(BaseModel):
    """An object that may hold nothing else."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Attachment(_Closed):
    """A document, its bytes in base64."""

    content: Annotated[bytes, BeforeValidator(_bytes)]
    name: Annotated[Text, StringConstraints(max_length=50)]
    type: Literal[MEDIA_TYPES]  # type: ignore[valid-type]


class Comment(_Closed):
    """A comment on the entry."""

    content: Text


class Section(_Closed):
    """A section's part of a line."""

    id_section: Id
    code: Text
    label: Text
    rate: Number
    amount: Number


class Distribution(_Closed):
    """How a line is spread over one axis."""

    id_axe: Id
    code: Text
    label: Text
    repartition: list[Section]


class EntryLine(_Open):
    """A line. Debit and credit are euros; `value_currency` is in `currency`."""

    account_id: Id
    label: Annotated[Text, StringConstraints(max_length=50)]
    debit: Number
    credit: Number
    deadline: Day
    piece: Annotated[Piece | None, NotNull] = None
    piece2: Annotated[Piece | None, NotNull] = None
    currency: Text = "EUR"
    value_currency: Annotated[Number | None, NotNull] = None
    payment_type_id: Id = -1
    lettrage: Annotated[Letters | None, NotNull] = None
    analytique: list[Distribution] = Field(default_factory=list)
    pj_list: list[Attachment] = Field(default_factory=list)


class EntryBody(_Open):
    """A whole entry."""

    entry_list: list[EntryLine] = Field(min_length=1)
    date_piece: Day
    etablissement_id: Id
    diary_id: Id
    period_from: Annotated[Day | None, NotNull] = None
    period_to: Annotated[Day | None, NotNull] = None
    entry_origin_partner_id: Annotated[Text | None, NotNull] = None
    json_text: Annotated[Text | None, NotNull] = Field(None, alias="json")
    comment: Annotated[Comment | None, NotNull] = None
    pj_list: list[Attachment] = Field(default_factory=list)


CODES = (
    (r"entry_list", "ECR39"),
    (r"date_piece", "ECR6"),
    (r"diary_id", "JOURNAL1"),
    (r"(entry_list\.\d+\.)?pj_list\.\d+\.type", "DOCUMENT11"),
    (r"(entry_list\.\d+\.)?pj_list\.\d+\.content", "DOCUMENT6"),
    (r"entry_list\.\d+\.(debit|credit)", "ECR2"),
)
"""Which code a mistake at a place gives; all others give ECR4 with the place. That ECR4 does is assumed."""


def read_entry_body(body: bytes) -> EntryBody:
    """The entry that a body holds. Raises `VendorError` for the first mistake found."""
    value = read_json(body)
    try:
        return EntryBody.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        code = next((code for pattern, code in CODES if re.fullmatch(pattern, place)), "ECR4")
        raise VendorError(code, f"{place or 'corps'} : {first['msg']}") from None
