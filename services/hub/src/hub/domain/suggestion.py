"""Which software file a client file is likely to be: by SIREN, by code, by name, with how sure that is.

Each agreement is evidence of its own; together they make `1 - Π(1 - weight)`. Two different SIREN numbers speak against
the pair, however alike the names are.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from qontable.events.hub import SoftwareFile

Reason = Literal["siren", "code", "name", "siren_differs"]
SIREN_WEIGHT = 0.95
CODE_WEIGHT = 0.80
NAME_WEIGHT = 0.85
LEAST_NAME_LIKENESS = 0.60
OTHER_SIREN_FACTOR = 0.2
LEAST_SCORE = 0.30
MOST_CANDIDATES = 3
LEGAL_FORMS = frozenset(
    {"sa", "sarl", "sas", "sasu", "eurl", "sci", "scp", "scm", "selarl", "snc", "ei", "eirl", "association", "societe"}
)


class Candidate(BaseModel):
    """A software file that may be the client file's; `score` is between 0 and 1."""

    software_file: SoftwareFile
    score: float
    reasons: list[Reason]


class Suggestion(BaseModel):
    """The likeliest software files of one client file, best first."""

    file_id: str
    candidates: list[Candidate]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a client file to recognise it by."""

    file_id: str
    name: str
    siren: str | None
    code: str | None


def same_company(siren: str | None, other: str | None) -> bool | None:
    """Whether two SIREN (or SIRET) numbers name one company; None where one of them is missing."""
    first, second = siren_number(siren), siren_number(other)
    return first == second if first and second else None


def suggest(files: Iterable[Known], software_files: Sequence[SoftwareFile]) -> list[Suggestion]:
    """Candidates for each file, in the order of the files; a file without any is left out."""
    index = _index(software_files)
    suggestions = (Suggestion(file_id=file.file_id, candidates=_candidates(file, index)) for file in files)
    return [suggestion for suggestion in suggestions if suggestion.candidates]


def _candidates(file: Known, index: dict[str, list[SoftwareFile]]) -> list[Candidate]:
    """Only files that share a SIREN, a code or a word of the name are compared: 500 by 500 stays quick."""
    alike = {
        item.software_file_id: item for key in _keys(file.name, file.siren, file.code) for item in index.get(key, ())
    }
    scored = [candidate for item in alike.values() if (candidate := _compare(file, item)).score >= LEAST_SCORE]
    return sorted(scored, key=lambda item: (-item.score, item.software_file.software_file_id))[:MOST_CANDIDATES]


def _compare(file: Known, other: SoftwareFile) -> Candidate:
    reasons: list[Reason] = []
    doubt = 1.0
    same = same_company(file.siren, other.siren)
    if same:
        reasons.append("siren")
        doubt *= 1 - SIREN_WEIGHT
    if file.code and other.code and file.code.strip().casefold() == other.code.strip().casefold():
        reasons.append("code")
        doubt *= 1 - CODE_WEIGHT
    likeness = _likeness(_words(file.name), _words(other.name))
    if likeness >= LEAST_NAME_LIKENESS:
        reasons.append("name")
        doubt *= 1 - NAME_WEIGHT * likeness
    score = 1 - doubt
    if same is False:
        reasons.append("siren_differs")
        score *= OTHER_SIREN_FACTOR
    return Candidate(software_file=other, score=round(score, 2), reasons=reasons)


def _index(software_files: Sequence[SoftwareFile]) -> dict[str, list[SoftwareFile]]:
    index: defaultdict[str, list[SoftwareFile]] = defaultdict(list)
    for item in software_files:
        for key in _keys(item.name, item.siren, item.code):
            index[key].append(item)
    return dict(index)


def _keys(name: str, siren: str | None, code: str | None) -> Iterator[str]:
    if number := siren_number(siren):
        yield f"siren {number}"
    if code:
        yield f"code {code.strip().casefold()}"
    for word in set(_words(name)):
        yield f"word {word}"


def siren_number(text: str | None) -> str | None:
    """The nine digits of a SIREN, alone or at the beginning of a SIRET."""
    digits = re.sub(r"\D", "", text or "")
    return digits[:9] if len(digits) in {9, 14} else None


def _likeness(words: list[str], others: list[str]) -> float:
    """The share of words that both names have, in any order: 1 for all, 0 for none."""
    return 2 * len(set(words) & set(others)) / max(len(set(words)) + len(set(others)), 1)


def _words(name: str) -> list[str]:
    """The words of a name without accents, case and legal form; of a name that is nothing else, all of them."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    return [word for word in words if word not in LEGAL_FORMS] or words
