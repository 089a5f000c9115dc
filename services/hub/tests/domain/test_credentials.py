"""What a person types in the wizard against the fields of a sheet."""

import pytest

from hub.domain.credentials import read_credentials
from hub.domain.problem import Refused
from qontable.sheet import WizardField

WORDS = {"fr": "…", "en": "…"}
KEY = WizardField.model_validate({"name": "key", "label": WORDS, "help": WORDS, "secret": True})
OTHER_WAY = KEY.model_copy(update={"name": "code", "required": False, "pattern": "[0-9]+"})
DOMAIN = KEY.model_copy(update={"name": "domain", "secret": False, "required": False})


def test_a_field_that_is_not_required_may_be_left_empty_and_is_then_not_kept() -> None:
    for typed in ({"key": "k"}, {"key": "k", "code": "", "domain": ""}):
        credentials = read_credentials((KEY, OTHER_WAY, DOMAIN), typed)
        assert (credentials.secrets, credentials.parameters) == ({"key": "k"}, {})


def test_what_is_typed_in_it_has_its_form() -> None:
    assert read_credentials((OTHER_WAY,), {"code": "7"}).secrets == {"code": "7"}
    with pytest.raises(Refused):
        read_credentials((OTHER_WAY,), {"code": "seven"})


def test_a_required_field_is_missed() -> None:
    with pytest.raises(Refused):
        read_credentials((KEY, OTHER_WAY), {"code": "7"})
