"""What Cegid Loop's routes answer, as far as we read it. Field names are the vendor's; others are ignored.

Sources: vendor facts, section 3. How a list is wrapped and how a status is spelt is stated nowhere (the sheet's
`list_answer`, `status_answer`): both are read in every likely form, and any other form is no answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter

WAITING, RUNNING, DONE, FAILED = 1, 2, 3, 4
STATUSES = (WAITING, RUNNING, DONE, FAILED)
_STATUS_NAMES = ("status", "statut", "importStatus", "state")
_WORDS_NAMES = ("message", "errorMessage", "error", "errors", "details")


def _words(value: object) -> object:
    return "" if value is None else value


def _number(value: object) -> object:
    return str(value) if isinstance(value, int) else value


def _account(value: object) -> object:
    """An account that another object names: by its number, or as an object whose description is the number."""
    match value:
        case {"description": [str(number), *_]}:
            return number or None
        case str() | None:
            return value or None
    return None


Words = Annotated[str, BeforeValidator(_words)]
Id = Annotated[str | None, BeforeValidator(_number)]
Named = Annotated[str | None, BeforeValidator(_account)]


class Received(BaseModel):
    """An answer never quotes itself in an error: it may hold names and bank details."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Compte(Received):
    """A general account. `ferme`: it takes no new line."""

    numero: str
    libelle: Words = ""
    ferme: bool | None = None


class Tiers(Received):
    """A third party of any of the four routes; what it is called stands in whichever name is filled in."""

    objectId: Id = None  # noqa: N815 - the vendor's name
    code: str
    raisonSociale: Words = ""  # noqa: N815 - the vendor's name
    nomUsuel: Words = ""  # noqa: N815 - the vendor's name
    prenom: Words = ""
    nom: Words = ""
    actif: bool | None = None

    @property
    def label(self) -> str:
        """Company name, usual name, or first and last name."""
        return self.raisonSociale or self.nomUsuel or f"{self.prenom} {self.nom}".strip()


class Journal(Received):
    """A journal; `type` is a number from 1 to 8."""

    code: str
    libelle: Words = ""
    type: int | None = None
    compteContrepartie: Named = None  # noqa: N815 - the vendor's name


class Ecriture(Received):
    """A line of the books."""

    objectId: Id = None  # noqa: N815 - the vendor's name
    ecritureOrigine: Id = None  # noqa: N815 - the vendor's name


class Request(Received):
    """What `POST /importJson` answers when it has taken the request."""

    accountingImportRequestId: str  # noqa: N815 - the vendor's name


COMPTE = TypeAdapter(list[Compte])
TIERS = TypeAdapter(list[Tiers])
JOURNAL = TypeAdapter(list[Journal])
ECRITURE = TypeAdapter(list[Ecriture])
REQUEST = TypeAdapter(Request)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of an import: 1 waiting, 2 running, 3 done, 4 error, with the software's words if it gave any."""

    status: int
    words: str


def error_in(body: bytes) -> tuple[str, str | None] | None:
    """Words and instance of an error, which Cegid Loop sends with any HTTP status; nothing where there is none."""
    match _json(body):
        case {"error": {"message": str(words), **rest}}:
            return words, _text(rest.get("instanceId"))
        case {"error": str(words)} if words:
            return words, None
        case {"error": dict() as error}:
            return " ".join(_texts(error)), None
    return None


def gate_words(body: bytes) -> str | None:
    """The words of the gate in front of the API, which has a form of its own: `{"statusCode", "message"}`."""
    match _json(body):
        case {"message": str(words)}:
            return words
    return None


def is_json(body: bytes) -> bool:
    """Whether this is JSON at all: a page of some portal, or nothing, is no answer of Cegid Loop's."""
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


def rows_in(body: bytes) -> object:
    """The rows of a list: the answer itself, or the only list in it; nothing where it is neither."""
    content = _json(body)
    if isinstance(content, dict):
        lists = [value for value in content.values() if isinstance(value, list)]
        return lists[0] if len(lists) == 1 else None
    return content


def verdict_in(body: bytes) -> Verdict | None:
    """The state of an import, nothing where the answer names none of the four."""
    content = _json(body)
    if isinstance(content, list) and len(content) == 1:
        content = content[0]
    if isinstance(content, dict):
        found = next((content[name] for name in _STATUS_NAMES if name in content), None)
        words = " ".join(text for name in _WORDS_NAMES for text in _texts(content.get(name)))
    else:
        found, words = content, ""
    number = int(found) if isinstance(found, str) and found.isdecimal() else found
    return Verdict(number, words) if isinstance(number, int) and number in STATUSES else None


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> Iterator[str]:
    """Every text inside."""
    match value:
        case str() if value.strip():
            yield value.strip()
        case list():
            for item in value:
                yield from _texts(item)
        case dict():
            for item in value.values():
                yield from _texts(item)
