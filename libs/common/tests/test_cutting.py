"""What happens to texts that are longer than a software takes."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qontable.cutting import TextRefused, cut, cut_code, cut_label, cut_start
from qontable.sheet import Limit


def limit(
    length: int,
    overflow: Literal["cut", "refuse", "cut_after_collision_check"] = "cut",
    characters: str | None = None,
) -> Limit:
    return Limit(max=length, overflow=overflow, characters=characters, evidence="documented", source="test")


def test_a_long_label_is_cut_and_both_texts_are_told() -> None:
    result = cut_label("Papeterie Durand fournitures de mars", limit(16))
    assert (result.original, result.sent, result.changed) == (
        "Papeterie Durand fournitures de mars",
        "Papeterie Durand",
        True,
    )


def test_a_label_that_fits_is_left_alone() -> None:
    assert cut_label("Papeterie", limit(9)).changed is False
    assert cut_label("Papeterie", None).sent == "Papeterie"


def test_the_mark_at_the_end_of_a_label_survives_the_cut() -> None:
    assert cut_label("Papeterie Durand FD-2026-0147", limit(20), " (#7K2M#)").sent == "Papeterie D (#7K2M#)"


def test_a_label_with_no_room_for_its_mark_is_refused() -> None:
    with pytest.raises(TextRefused, match="suffix_too_long"):
        cut_label("Papeterie", limit(5), " (#7K2M#)")


def test_a_label_is_refused_where_the_sheet_says_so() -> None:
    with pytest.raises(TextRefused, match="text_too_long"):
        cut_label("Papeterie", limit(5, "refuse"))


def test_characters_the_software_does_not_take_are_dropped_and_told() -> None:
    result = cut_label("FD-2026-0147", limit(25, characters="[A-Za-z0-9]"))
    assert (result.original, result.sent) == ("FD-2026-0147", "FD20260147")
    with pytest.raises(TextRefused, match="text_characters"):
        cut_label("FD-2026-0147", limit(25, "refuse", "[A-Za-z0-9]"))


@pytest.mark.parametrize(
    ("text", "length", "sent"),
    [("2026-03-0042", 10, "26-03-0042"), ("FD1", 3, "FD1"), ("cafe\u0301s", 2, "s"), ("FD1", 0, "")],
)
def test_of_a_number_the_end_is_kept(text: str, length: int, sent: str) -> None:
    assert cut_start(text, length) == sent


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [("cafe\u0301s", 4, "caf"), ("ok👩\u200d💻!", 4, "ok"), ("ok❤\ufe0f", 3, "ok"), ("\u0301\u0301", 1, "")],
)
def test_a_character_is_not_parted_from_its_accent(text: str, length: int, expected: str) -> None:
    assert cut(text, length) == expected


@given(st.text(), st.integers(8, 60), st.text(max_size=8))
def test_a_cut_label_never_exceeds_the_limit_and_always_ends_with_its_mark(text: str, length: int, mark: str) -> None:
    sent = cut_label(text, limit(length), mark).sent
    assert len(sent) <= length
    assert sent.endswith(mark)
    assert text.startswith(sent.removesuffix(mark))


def test_a_code_is_never_cut_silently() -> None:
    for overflow in ("refuse", "cut"):
        with pytest.raises(TextRefused, match="code_too_long"):
            cut_code("401DURANDPAPETERIE", limit(8, overflow))


def test_a_code_is_cut_by_declared_policy() -> None:
    declared = limit(8, "cut_after_collision_check")
    assert cut_code("401DURANDPAPETERIE", declared, ["401DURANDPAPETERIE", "401DUPONT"]).sent == "401DURAN"


def test_two_codes_that_would_become_one_are_refused_both() -> None:
    declared = limit(8, "cut_after_collision_check")
    with pytest.raises(TextRefused, match="codes_collide") as refusal:
        cut_code("401DURANDA", declared, ["401DURANDB"])
    assert refusal.value.other == "401DURANDB"
    with pytest.raises(TextRefused, match="codes_collide"):
        cut_code("401DURAN", declared, ["401DURANDB"])


def test_a_code_with_a_character_the_software_does_not_take_is_refused() -> None:
    with pytest.raises(TextRefused, match="code_characters"):
        cut_code("401 DURAND", limit(20, "refuse", "[0-9A-Z]"))
