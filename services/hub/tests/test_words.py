"""The words of the pages: complete in both languages, and every key that a page says is there."""

import re
import string
from pathlib import Path
from typing import get_args

import pytest
from jinja2 import Environment, nodes

import hub.entrypoints.pages
from hub.domain.client_file import FileState
from hub.domain.connection import CheckStatus
from hub.domain.life import ON_ENTRIES, RESOLUTIONS
from hub.domain.suggestion import Reason
from hub.entrypoints.pages.states import CONNECTION_TONES, OUTCOME_TONES, STATUS_TONES
from hub.entrypoints.pages.words import LANGUAGES, Word, Words, catalogue
from qontable.events.delivery import DeliveryState, DocumentState
from qontable.events.hub import Frequency
from qontable.events.reference import REFERENCE_KINDS, JournalType

FOLDER = Path(hub.entrypoints.pages.__file__).parent
TEMPLATES = sorted(path.name for path in (FOLDER / "templates").iterdir())
WAITS = (
    "file_closed",
    "mapping",
    "activation",
    "connection",
    "connector",
    "send_from",
    "reference_data",
    "reference_refresh",
    "documents",
    "missing_document",
    "fiscal_year",
    "duplicate_answer",
    "creation_answer",
    "synchronize",
    "evening",
    "open_delivery",
)
"""Reasons that `entries` gives; a test of the whole system compares them with its own list."""
CORRECTED = ("date", "label", "journal_code", "account", "account_label", "subsidiary_code", "subsidiary_label")
FAMILIES: dict[str, tuple[str, ...]] = {
    "connection.": (*CONNECTION_TONES, "none"),
    "file.": get_args(FileState),
    "check.": get_args(CheckStatus),
    "frequency.": get_args(Frequency),
    "reason.": get_args(Reason),
    "documents.": (*get_args(DocumentState), "not_kept"),
    "delivery.": get_args(DeliveryState),
    "outcome.": tuple(OUTCOME_TONES),
    "wait.": WAITS,
    "answer.": RESOLUTIONS,
    "act.": tuple(action for action in ON_ENTRIES if action != "delivery.resolved"),
    "act.delivery.resolved.": RESOLUTIONS,
    "correction.field.": CORRECTED,
    "journal_type.": get_args(JournalType),
    "refresh.kind.": REFERENCE_KINDS,
    "entry.": (*STATUS_TONES, "failed", "waiting", "handed_over", "parked", "unknown", "missing"),
}
"""Keys that pages put together from a state: every state has its word."""


def _texts(word: Word) -> tuple[str, ...]:
    return word if isinstance(word, tuple) else (word,)


def _places(texts: tuple[str, ...]) -> set[str]:
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_key_says_the_same_in_both_languages() -> None:
    faults = []
    for key, word in catalogue().items():
        french, english = (_texts(word[language]) for language in LANGUAGES)
        alike = len(french) == len(english) and _places(french) == _places(english)
        whole = all(text and text.strip() == text for text in (*french, *english))
        faults += [] if alike and whole else [key]
    assert faults == []


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_key_that_a_template_says_is_there(template: str) -> None:
    tree = Environment(autoescape=True).parse((FOLDER / "templates" / template).read_text(encoding="utf-8"))
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "t":
            _expect(call.args[0])


def test_every_family_of_states_has_all_its_words() -> None:
    missing = [f"{prefix}{name}" for prefix, names in FAMILIES.items() for name in names]
    assert [key for key in missing if key not in catalogue()] == []


def test_every_word_is_said_somewhere() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8") for path in [*(FOLDER / "templates").iterdir(), *FOLDER.glob("*.py")]
    )
    put_together = set(re.findall(r'"([a-z_.]+\.)" ~', sources)) | {"said."}
    for key in catalogue():
        assert f'"{key}"' in sources or f"'{key}'" in sources or any(map(key.startswith, put_together)), key


def test_zero_is_singular_in_french_and_plural_in_english() -> None:
    assert [Words("fr").say("files.count", n=number) for number in (0, 1, 2)] == [
        "0 dossier",
        "1 dossier",
        "2 dossiers",
    ]
    assert [Words("en").say("files.count", n=number) for number in (0, 1, 2)] == ["0 files", "1 file", "2 files"]


def _expect(key: nodes.Node) -> None:
    """A key is written out, chosen from some, or begins with what a family of keys begins with."""
    match key:
        case nodes.Const():
            assert key.value in catalogue(), key.value
        case nodes.CondExpr():
            _expect(key.expr1)
            assert key.expr2 is not None
            _expect(key.expr2)
        case nodes.Concat():
            first = key.nodes[0]
            assert isinstance(first, nodes.Const)
            assert any(known.startswith(first.value) for known in catalogue()), first.value
        case _:
            raise AssertionError(f"a key that nobody can check: {key}")
