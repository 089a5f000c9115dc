"""What a person types in the wizard, measured against the connector's data sheet."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hub.domain.problem import Fault, Refused
from qontable.bilingual import Bilingual
from qontable.sheet import WizardField

MAX_VALUE = 4_000
MISSING: Bilingual = {"fr": "Ce champ est obligatoire.", "en": "This field is required."}
UNKNOWN: Bilingual = {"fr": "Ce logiciel n'a pas de tel champ.", "en": "This software has no such field."}
TOO_LONG: Bilingual = {
    "fr": f"La valeur dépasse {MAX_VALUE} caractères.",
    "en": f"The value is longer than {MAX_VALUE} characters.",
}
SPACES: Bilingual = {
    "fr": "La valeur commence ou finit par un espace : collez-la sans.",
    "en": "The value begins or ends with a space: paste it without.",
}
PATTERN: Bilingual = {
    "fr": "La valeur n'a pas la forme attendue.",
    "en": "The value does not have the expected form.",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Typed values, divided: `secrets` are sealed and never shown again, `parameters` are kept in clear."""

    secrets: dict[str, str] = field(repr=False)
    parameters: dict[str, str]


def read_credentials(wizard: Sequence[WizardField], typed: Mapping[str, str]) -> Credentials:
    """The values of the wizard's fields. Raises `Refused` naming every field that is wrong, and no value."""
    faults = list(_faults(wizard, typed))
    if faults:
        raise Refused("credentials_invalid", faults=faults, fields=", ".join(fault.where for fault in faults))
    return Credentials(
        secrets={item.name: typed[item.name] for item in wizard if item.secret and typed.get(item.name)},
        parameters={item.name: typed[item.name] for item in wizard if not item.secret and typed.get(item.name)},
    )


def _faults(wizard: Sequence[WizardField], typed: Mapping[str, str]) -> Iterator[Fault]:
    for item in wizard:
        fault = _fault(item, typed.get(item.name, ""))
        if fault:
            code, message = fault
            yield Fault(where=f"fields.{item.name}", code=code, message=message, remedy=item.help)
    for number, _ in enumerate(typed.keys() - {item.name for item in wizard}, start=1):
        # Its name is not repeated: a secret may have been pasted into the wrong place.
        yield Fault(where=f"fields (unknown {number})", code="unknown_field", message=UNKNOWN)


def _fault(item: WizardField, value: str) -> tuple[str, Bilingual] | None:
    if not value:
        return ("missing", MISSING) if item.required else None
    if len(value) > MAX_VALUE:
        return "too_long", TOO_LONG
    if value != value.strip():
        return "spaces", SPACES
    if not re.fullmatch(item.pattern, value):
        return "pattern", PATTERN
    return None
