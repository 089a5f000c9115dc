"""How French is set."""

import pytest
from pydantic import TypeAdapter

from qontable.bilingual import Bilingual, set_french
from qontable.events.delivery import SoftwareMessage


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Rien à faire : attendez ; ou non ?", "Rien à faire\u00a0: attendez\u00a0; ou non\u00a0?"),
        ("répondez « elle y est » !", "répondez «\u00a0elle y est\u00a0»\u00a0!"),
        ("sûr à {percent} %", "sûr à {percent}\u00a0%"),
        ("Ligne {number} :", "Ligne {number}\u00a0:"),
    ],
)
def test_no_line_ends_before_a_mark(written: str, shown: str) -> None:
    assert set_french(written) == shown
    assert set_french(shown) == shown


@pytest.mark.parametrize(
    "text", ["le 12/03 à 12:30", "https://books.example/?a=1", "`COMPTE ?(1|3)` et `a : b`", "version 2.0;", ""]
)
def test_times_addresses_and_code_stay_as_they_are(text: str) -> None:
    assert set_french(text) == text


def test_only_french_is_set() -> None:
    read = TypeAdapter(Bilingual).validate_python({"fr": "Quoi ?", "en": "What ?"})
    assert read == {"fr": "Quoi\u00a0?", "en": "What ?"}


def test_the_softwares_own_words_stay_word_for_word() -> None:
    said = SoftwareMessage(category="x", text="Journal : bloqué !", remedy={"fr": "Ouvrez-le : « AC »."})
    assert (said.text, said.remedy) == ("Journal : bloqué !", {"fr": "Ouvrez-le\u00a0: «\u00a0AC\u00a0»."})
