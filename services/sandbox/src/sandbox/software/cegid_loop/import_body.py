"""The body of `POST /importJson`: what the vendor's page refuses is refused, first its own list, then its field table.

The field table is `contracts/cegid-loop/import-json.reconstructed.schema.json`. Two things differ from a plain reading
of it, on purpose: instants must exist, and a SIRET may be empty, as the page says. Unknown fields are ignored;
that Loop refuses a wrong type in one of its own fields at once is assumed.
"""

import json
import re
from decimal import Decimal
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from sandbox.software.cegid_loop.errors import ImportRefused
from sandbox.software.cegid_loop.instants import is_instant
from sandbox.software.cegid_loop.siret import is_siret

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_AXIS = re.compile(r"axeAna\[.+\]", re.DOTALL)
DRAFT = "7"


def _given(value: object) -> object:
    """A field may be left out, but where it stands it has a value."""
    if value is None:
        raise ValueError("null n'est pas admis")
    return value


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("un nombre est attendu")  # noqa: TRY004 - what pydantic turns into a refusal
    return Decimal(value)


def _uuid(value: str) -> str:
    if not _UUID.fullmatch(value):
        raise ValueError("un uuid est attendu")
    return value.lower()


def _address(value: str) -> str:
    if re.search(r"[\s\x00-\x20\x7f<>\"{}|\\^`]", value) or not urlsplit(value).scheme:
        raise ValueError("une URL est attendue")
    return value


def _instant(value: str) -> str:
    if not is_instant(value):
        raise ValueError("une date ISO est attendue")
    return value


Given = BeforeValidator(_given)
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
Number = Annotated[Decimal, BeforeValidator(_number)]
Uuid = Annotated[Text, AfterValidator(_uuid)]
Instant = Annotated[Text, AfterValidator(_instant)]
Words = Annotated[Text | None, Given]


class _Part(BaseModel):
    """An object of the body; it may hold more than is known of it."""

    model_config = ConfigDict(strict=True, extra="ignore", alias_generator=to_camel)


class Context(_Part):
    """First and last day of the entries."""

    from_: Annotated[Instant | None, Given] = Field(None, alias="from")
    to: Annotated[Instant | None, Given] = None


class Options(_Part):
    """Options of an import with the vendor's defaults; those that it does not publish are false: assumed."""

    separator_decimal: Words = None
    format_date: Words = None
    multi_periode: Annotated[bool, Given] = False
    fail_on_unbalanced: Annotated[bool, Given] = False
    create_new_journaux: Annotated[bool, Given] = False
    create_new_comptes: Annotated[bool, Given] = False
    create_new_tiers: Annotated[bool, Given] = True
    default_journal_id: Text | None = None
    sort_lines: Annotated[bool, Given] = False
    comptes_rules: list[Any] | None = None
    new_folio: Annotated[bool, Given] = False
    balance_auto: Annotated[bool, Given] = True
    a_nouveaux: Annotated[bool, Given] = True
    default_compte: Text | None = None
    create_piece_ref: Annotated[bool, Given] = False


class Amount(_Part):
    """One side of a line: `amount` is euros, `currency_amount` is in `currency`. That it is so is assumed."""

    amount: Number = Decimal(0)
    currency: Text = "EUR"
    currency_amount: Annotated[Number | None, Given] = None
    currency_rate: Words = None


class File(_Part):
    """Where a document can be fetched."""

    uri: Annotated[Text | None, AfterValidator(lambda uri: None if uri is None else _address(uri)), Given] = None


class Line(_Part):
    """A line of an entry. What a line must have is decided when the import runs: the call only registers it."""

    model_config = ConfigDict(strict=True, extra="allow", alias_generator=to_camel)

    fichier: Annotated[File | None, Given] = None
    date: Words = None
    date_justif: Annotated[Instant | None, Given] = None
    deb_cut_off: Annotated[Instant | None, Given] = None
    fin_cut_off: Annotated[Instant | None, Given] = None
    debit: Amount = Field(default_factory=Amount)
    credit: Amount = Field(default_factory=Amount)
    journal: Words = None
    journal_lib: Words = None
    compte: Words = None
    compte_lib: Words = None
    tiers: Words = None
    libelle: Words = None
    reference: Words = None
    ref_piece: Words = None
    commentaire: Words = None
    date_operation: Words = None
    date_echeance: Words = None
    date_lettrage: Words = None
    code_lettrage: Words = None
    date_pointage: Words = None
    code_pointage: Words = None
    siret: Words = Field(None, alias="SIRET")
    mode_paiement: Annotated[int | None, Field(ge=1, le=11), Given] = None
    type_mouvement: Any = None
    type: Any = None
    lot: Words = None
    type_lot: Any = None
    ecriture_mere: Annotated[Uuid | None, Given] = None
    ecriture_origine: Annotated[Uuid | None, Given] = None

    @model_validator(mode="after")
    def _axes_are_arrays(self) -> Self:
        for name, value in (self.model_extra or {}).items():
            if _AXIS.fullmatch(name) and not isinstance(value, list):
                raise ValueError(f"{name} : un tableau est attendu")
        return self

    @property
    def draft(self) -> bool:
        """Whether the line asks to be a draft ("Brouillard"), by its own type or its movement's."""
        return DRAFT in (str(self.type), str(self.type_mouvement))


class Data(_Part):
    """What is imported, and how."""

    contexte: Annotated[Context | None, Given] = None
    options: Options = Field(default_factory=Options)
    ecritures: list[Line] = Field(min_length=2)


class ImportBody(_Part):
    """A whole request."""

    code_ibs: Text
    siret: Words = Field(None, alias="SIRET")
    data: Data

    @property
    def sirets(self) -> list[tuple[int, str]]:
        """Every SIRET that a line names, with the line's number from 1; the request's own one counts as line 0."""
        named = [(0, self.siret or "")]
        named += [(number, line.siret or "") for number, line in enumerate(self.data.ecritures, 1)]
        return [(number, siret) for number, siret in named if siret]


def folder_code(body: bytes) -> str:
    """The folder that a request is about. Raises `ImportRefused` where there is no request or it names none."""
    code = _object(body).get("codeIbs")
    if code is None or code == "":
        raise ImportRefused("no_folder_code")
    if not isinstance(code, str) or "\0" in code:
        raise ImportRefused("malformed", "codeIbs")
    return code


def read_import(body: bytes) -> ImportBody:
    """The request that a body holds. Raises `ImportRefused` for the first rule that it breaks."""
    value = _object(body)
    folder_code(body)
    _check_listed(value)
    try:
        return ImportBody.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise ImportRefused("malformed", f"{place or 'corps'} : {first['msg']}") from None


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ImportRefused("no_payload") from None
    if not isinstance(value, dict):
        raise ImportRefused("no_payload")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check_listed(value: dict[str, Any]) -> None:
    """What the vendor's list of messages names, in its order."""
    data = _dict(value.get("data"))
    context = data.get("contexte")
    if context is None and _dict(data.get("options")).get("multiPeriode") is not True:
        raise ImportRefused("no_context")
    lines = data.get("ecritures")
    if lines is None or lines in ([], {}, ""):
        raise ImportRefused("no_lines")
    if not isinstance(lines, list):
        raise ImportRefused("lines_no_array")
    if len(lines) < 2:
        raise ImportRefused("one_line")
    if context is not None and not all(is_instant(_dict(context).get(end)) for end in ("from", "to")):
        raise ImportRefused("context_dates")
    for number, line in enumerate(lines, 1):
        _check_line(number, _dict(line))
    if value.get("SIRET") and not (isinstance(value["SIRET"], str) and is_siret(value["SIRET"])):
        raise ImportRefused("bad_header_siret")


def _check_line(number: int, line: dict[str, Any]) -> None:
    if "dateJustif" in line and not is_instant(line["dateJustif"]):
        raise ImportRefused("evidence_date")
    if ("debCutOff" in line) != ("finCutOff" in line):
        raise ImportRefused("half_cut_off")
    for name, message in (("debCutOff", "cut_off_start"), ("finCutOff", "cut_off_end")):
        if name in line and not is_instant(line[name]):
            raise ImportRefused(message)
    siret = line.get("SIRET", "")
    if siret != "" and not (isinstance(siret, str) and is_siret(siret)):
        raise ImportRefused("bad_siret", number)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
