"""The Hub's pages have words for everything that the other services say of an entry."""

from typing import get_args

from entries.domain.verdict import WaitReason
from hub.entrypoints.pages.words import catalogue


def test_every_reason_to_wait_is_told_with_what_to_do() -> None:
    expected = {f"wait.{reason}{part}" for reason in get_args(WaitReason) for part in ("", ".do")}
    assert {key for key in catalogue() if key.startswith("wait.")} == expected
