"""The language of the vendor's reads."""

from typing import Any

import pytest

from sandbox.software.cegid_loop.errors import StatusRefused
from sandbox.software.cegid_loop.filters import Listing, parse_filter

FIELDS = ("numero", "libelle", "lettrage")
ROWS = [
    {"numero": "401000", "libelle": "Fournisseurs", "lettrage": None},
    {"numero": "512000", "libelle": 'Banque "B"', "lettrage": "x"},
    {"numero": "606400", "libelle": "Fournitures", "lettrage": None},
]

FOUND: dict[str, list[str]] = {
    'numero == "401000"': ["401000"],
    'numero=="401000"': ["401000"],
    "numero === '401000'": ["401000"],
    'numero != "401000"': ["512000", "606400"],
    "lettrage == null": ["401000", "606400"],
    "lettrage != null": ["512000"],
    'lettrage == null && numero >= "500000"': ["606400"],
    'libelle == "Banque \\"B\\""': ["512000"],
    'numero == "401000" && libelle == "x && y"': [],
}

NONSENSE = ("numero", "numero =", "numero = 1", 'numero == "1', "numero == 1 || 2", "(numero == 1)", "moon == 1", "&&")


@pytest.mark.parametrize("text", FOUND)
def test_comparisons(text: str) -> None:
    assert _numbers(filter=text) == FOUND[text]


@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(StatusRefused):
        _numbers(filter=text)


def test_terms_are_what_was_said() -> None:
    terms = parse_filter('codeLettrage == null && journalCode == "AC"')
    assert [(term.field, term.operator, term.value) for term in terms] == [
        ("codeLettrage", "==", None),
        ("journalCode", "==", "AC"),
    ]


def test_sort_skip_take_and_select() -> None:
    assert _numbers(sort="numero:desc") == ["606400", "512000", "401000"]
    assert _numbers(sort="lettrage&&numero:desc") == ["606400", "401000", "512000"]
    assert _numbers(skip="1", take="1") == ["512000"]
    assert _numbers(skip="9") == []
    assert Listing.of({"select": "numero"}, FIELDS).shown(ROWS[:1]) == [{"numero": "401000"}]
    assert len(Listing.of({"take": "3"}, FIELDS).shown(ROWS, cap=2)) == 2


@pytest.mark.parametrize("query", [{"take": "-1"}, {"skip": "x"}, {"sort": "numero:up"}, {"select": "moon"}])
def test_other_nonsense(query: dict[str, str]) -> None:
    with pytest.raises(StatusRefused) as refusal:
        Listing.of(query, FIELDS)
    assert refusal.value.status == 400


def _numbers(**query: Any) -> list[str]:
    return [row["numero"] for row in Listing.of(query, FIELDS).shown(ROWS)]
