"""Which software file is suggested, and how sure that is."""

import time

import pytest

from hub.domain.suggestion import Known, same_company, suggest
from qontable.events.hub import SoftwareFile


def _file(software_file_id: str, name: str, code: str | None = None, siren: str | None = None) -> SoftwareFile:
    return SoftwareFile(software_file_id=software_file_id, name=name, code=code, siren=siren)


@pytest.mark.parametrize(
    ("siren", "other", "same"),
    [
        ("732829320", "732 829 320 00074", True),
        ("732829320", "999000219", False),
        ("732829320", None, None),
        ("732829320", "73282932", None),
        (None, None, None),
    ],
)
def test_a_siren_is_compared_as_nine_digits(siren: str | None, other: str | None, same: bool | None) -> None:  # noqa: FBT001
    assert same_company(siren, other) is same


def test_agreements_add_up_and_a_different_siren_outweighs_a_name() -> None:
    client = Known("fil", "SARL Boulangerie Müller", "732829320", "mul")
    everything = _file("all", "BOULANGERIE MULLER", "MUL", "73282932000074")
    by_siren = _file("siren", "Zinguerie", None, "732829320")
    by_name = _file("name", "Boulangerie Muller SAS")
    other_company = _file("other", "Boulangerie Muller", None, "999000219")
    (suggestion,) = suggest([client], [other_company, by_name, by_siren, everything])
    assert [item.software_file.software_file_id for item in suggestion.candidates] == ["all", "siren", "name"]
    assert suggestion.candidates[0].reasons == ["siren", "code", "name"]
    scores = [item.score for item in suggestion.candidates]
    assert scores[0] > 0.98 > scores[1] > 0.9 > scores[2] > 0.8


def test_names_that_share_only_a_common_word_are_not_suggested() -> None:
    client = Known("fil", "Boulangerie du Port", None, None)
    assert suggest([client], [_file("a", "Boulangerie Saint-Germain des Prés"), _file("b", "SARL")]) == []


def test_five_hundred_files_are_compared_while_a_page_loads() -> None:
    words = ("Boulangerie", "Garage", "Plomberie", "Cabinet", "Transports")
    names = {f"f{number}": f"{words[number % 5]} {chr(65 + number % 26)}{number}" for number in range(500)}
    started = time.perf_counter()
    found = suggest(
        [Known(file_id, name, None, None) for file_id, name in names.items()],
        [_file(file_id, name) for file_id, name in names.items()],
    )
    assert time.perf_counter() - started < 5
    assert all(item.candidates[0].software_file.software_file_id == item.file_id for item in found)
    assert len(found) == 500
