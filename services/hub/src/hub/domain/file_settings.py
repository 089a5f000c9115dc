"""What a person typed of a file's settings, as what the file keeps."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from hub.domain.problem import Fault, Refused
from qontable.bilingual import Bilingual

MOST_JOURNALS = 500
MOST_CHARACTERS = 20
"""Of a journal's code, as everywhere in the Hub."""
NO_CODE: Bilingual = {"fr": "Quel journal de Qonto ?", "en": "Which journal of Qonto?"}
TWICE: Bilingual = {"fr": "Ce journal figure deux fois.", "en": "This journal stands here twice."}
NOT_A_CODE: Bilingual = {
    "fr": f"Un code de journal a {MOST_CHARACTERS} caractères au plus, sans caractère de contrôle.",
    "en": f"A journal code has at most {MOST_CHARACTERS} characters, and no control character.",
}
UNKNOWN: Bilingual = {
    "fr": "Le logiciel n'a pas ce journal. Créez-le dans le logiciel, puis actualisez les données comptables.",
    "en": "The software has no such journal. Create it in the software, then refresh accounting data.",
}


class JournalRow(NamedTuple):
    """One row of the journal map as it is typed. An empty `there` is the same code."""

    here: str
    there: str


def read_journal_map(rows: Sequence[JournalRow], known: Collection[str]) -> dict[str, str]:
    """Journal code in Qonto → in the software, without those that keep their code.

    `known` are the software's journals; where none are known, any code is taken. Raises `Refused` journal_map_refused
    with a fault for each wrong field, `from.3` or `to.3`.
    """
    count = Counter(row.here for row in rows if row.here)
    faults = [fault for index, row in enumerate(rows) if (fault := _fault(index, row, count, known))]
    if faults:
        raise Refused("journal_map_refused", faults=faults, count=len(faults))
    return {row.here: row.there for row in rows if row.here and row.there and row.there != row.here}


def read_closing_date(text: str) -> str | None:
    """The day up to which the books are closed, nothing where it is left empty. Raises `Refused`."""
    if not text:
        return None
    try:
        if date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    raise Refused("closing_date_impossible", faults=[Fault(where="closed_until", code="impossible_date")])


def _fault(index: int, row: JournalRow, count: Counter[str], known: Collection[str]) -> Fault | None:
    for name, code in (("from", row.here), ("to", row.there)):
        if len(code) > MOST_CHARACTERS or not code.isprintable():
            return Fault(where=f"{name}.{index}", code="not_a_code", message=NOT_A_CODE)
    if row.there and not row.here:
        return Fault(where=f"from.{index}", code="missing", message=NO_CODE)
    if count[row.here] > 1:
        return Fault(where=f"from.{index}", code="twice", message=TWICE)
    if known and row.there and row.there not in known:
        return Fault(where=f"to.{index}", code="unknown", message=UNKNOWN)
    return None
