"""Every French word that people are shown, of all services, is set as French is: no line ends before a mark."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from entries.app.dispatch import NOT_TAKEN
from exports.app.report import TITLES
from exports.domain import fec_verdict
from exports.domain import findings as export_findings
from exports.domain.batch import STOPPED, TAKEN_BACK
from gateways.connectors.registry import load_sheets
from gateways.domain import article
from gateways.domain import words as gateway_words
from gateways.domain.judgement import DOCUMENT_UNAVAILABLE, STALE_ID, TOKEN_RENEWED
from gateways.entrypoints import preview
from hub.domain import problem
from hub.entrypoints.pages import words as page_words
from qontable import findings
from qontable.clock import now

UNSET = re.compile(r"`[^`]*`|(« | [;:!?%»])")
SAID_BY_ITSELF = (
    gateway_words.bidden_to_wait(None, now()),
    gateway_words.authorisation_ends(now()),
    gateway_words.spare_in_use(),
    *(gateway_words.words(category) for category in gateway_words.WORDS),
)
CATALOGUES: dict[str, Any] = {
    "pages": [{"fr": word["fr"]} for word in page_words.catalogue().values()],
    "refusals of the Hub": problem.catalogue(),
    "findings": findings.catalogue(),
    "findings of exports": export_findings.catalogue(),
    "rules of a FEC": fec_verdict.rules(),
    "reports of exports": TITLES,
    "preview": preview.WORDS,
    "data sheets": load_sheets(),
    "articles": article.words(),
    "gateways' own": SAID_BY_ITSELF,
    "of others' deliveries": (NOT_TAKEN, TAKEN_BACK, STOPPED, DOCUMENT_UNAVAILABLE, STALE_ID, TOKEN_RENEWED),
}


def french(of: Any) -> Iterator[str]:
    """All French texts in this, wherever they stand."""
    match of:
        case {"fr": found}:
            yield from _texts(found)
        case dict():
            for value in of.values():
                yield from french(value)
        case list() | tuple():
            for value in of:
                yield from french(value)
        case BaseModel():
            yield from french({name: getattr(of, name) for name in type(of).model_fields})


def _texts(found: Any) -> Iterator[str]:
    match found:
        case dict():
            yield from found.values()
        case tuple():
            yield from found
        case _:
            yield found


def unset(texts: Iterable[str]) -> list[str]:
    """Those with an ordinary space where a no-break space belongs; code in backticks may have any."""
    return [text for text in texts if any(found[1] for found in UNSET.finditer(text))]


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_words_of_a_catalogue_are_set(catalogue: str) -> None:
    words = list(french(CATALOGUES[catalogue]))
    assert len(words) > 3
    assert unset(words) == []


def test_what_is_not_set_would_be_found() -> None:
    assert unset(("Quoi ?", "« Rien", "`a : b`", "à 12:30", "Quoi\u00a0?")) == ["Quoi ?", "« Rien"]
