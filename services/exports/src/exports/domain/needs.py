"""What a format has to be told besides the entries, so that no file is named or dated by a guess."""

from typing import Literal

from exports.domain.description import Description
from qontable.events.delivery import StatusFinding
from qontable.events.export import ExportOrder, Need

LACKING: dict[Literal[Need, "format"], StatusFinding] = {
    "format": StatusFinding(
        code="format_unknown",
        message={"fr": "Ce format n'existe pas ici.", "en": "There is no such format here."},
        remedy={"fr": "Choisissez un format de la liste.", "en": "Choose a format of the list."},
    ),
    "siren": StatusFinding(
        code="siren_missing",
        message={"fr": "Ce format nomme son fichier par le SIREN.", "en": "This format names its file by the SIREN."},
        remedy={"fr": "Renseignez le SIREN du dossier.", "en": "Say the client file's SIREN."},
    ),
    "fiscal_year": StatusFinding(
        code="fiscal_year_missing",
        message={"fr": "Ce format contient un seul exercice.", "en": "This format holds one fiscal year."},
        remedy={"fr": "Indiquez le début et la fin de l'exercice.", "en": "Say where the fiscal year starts and ends."},
    ),
}

FAILED = StatusFinding(
    code="export_failed",
    message={
        "fr": "Le fichier n'a pas pu être écrit à cause d'une erreur de notre côté.",
        "en": "The file could not be written because of a fault on our side.",
    },
    remedy={
        "fr": "Signalez-le au support ; les écritures sont de nouveau prêtes.",
        "en": "Tell support; the entries are ready again.",
    },
)
"""What is said of a batch over which the writing itself fails, each time."""


def needs(description: Description) -> tuple[Need, ...]:
    """What an order in this format has to say."""
    siren: tuple[Need, ...] = ("siren",) if "{siren}" in description.file_name else ()
    return (*siren, *(("fiscal_year",) if description.one_year else ()))


def lacking(description: Description, order: ExportOrder) -> Need | None:
    """The first thing that an order does not say."""
    said = {"siren": order.siren, "fiscal_year": order.year_start and order.year_end}
    return next((need for need in needs(description) if not said[need]), None)
