"""What is judged of import files in a storm finds what it is there to find."""

from collections import defaultdict

import pytest

from .paper import judge_entry


@pytest.mark.parametrize(
    ("status", "detail", "files", "found_as"),
    [
        ("synchronized", "exported", 1, None),
        ("withdrawn", None, 0, None),
        ("synchronized", "exported", 2, "doubled"),
        ("withdrawn", None, 1, "doubled"),
        ("synchronized", "exported", 0, "silent"),
        ("synchronized", None, 1, "silent"),
        ("to_verify", None, 0, "lost"),
    ],
)
def test_an_entry_is_in_exactly_one_file_and_said_to_be(
    status: str, detail: str | None, files: int, found_as: str | None
) -> None:
    faults: dict[str, list[str]] = defaultdict(list)
    judge_entry({"key": "ACH/1", "status": status, "detail": detail}, files, faults)
    assert set(faults) == ({found_as} if found_as else set())
