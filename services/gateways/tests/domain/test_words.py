"""What we say ourselves of deliveries and connections: in both languages, and marked as ours."""

from datetime import timedelta

import pytest

from gateways.domain.judgement import DOCUMENT_UNAVAILABLE, STALE_ID, TOKEN_RENEWED
from gateways.domain.words import WORDS, authorisation_ends, bidden_to_wait, spare_in_use, words
from qontable.clock import now
from qontable.events.delivery import SoftwareMessage

UNTIL = now() + timedelta(hours=1)
SAID = (
    *map(words, WORDS),
    *(DOCUMENT_UNAVAILABLE, STALE_ID, TOKEN_RENEWED),
    *(authorisation_ends(UNTIL), spare_in_use(), bidden_to_wait(None, UNTIL)),
)


@pytest.mark.parametrize("message", SAID, ids=lambda message: message.category)
def test_a_sentence_of_ours_is_marked_as_ours_and_has_both_languages(message: SoftwareMessage) -> None:
    assert set(message.ours) == set(message.remedy) == {"fr", "en"}
    assert message.text == message.ours["en"] != message.ours["fr"]


def test_the_softwares_words_stay_its_own_when_it_bids_us_wait() -> None:
    said = bidden_to_wait(SoftwareMessage(category="too_many_requests", text="Trop de requêtes"), UNTIL)
    assert (said.text, said.ours) == ("Trop de requêtes", {})
