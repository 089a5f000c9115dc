"""The clientele that fills a firm: every story is told, and each file's entries are what its story asks for."""

from collections import Counter
from typing import get_args

import pytest

from sandbox.domain.clientele import WAITS, FileStory, Story, entries_of, load_clientele
from sandbox.software.registry import rules_of, softwares

FILES = [file for connector in softwares() for file in load_clientele(connector).files]


def test_every_story_is_told_in_several_softwares() -> None:
    assert {file.story for file in FILES} == set(get_args(Story))
    assert len({file.connector for file in FILES}) > 1
    assert max(Counter(file.name for file in FILES).values()) == 1


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.name))
def test_a_file_has_as_many_entries_as_its_story_says_none_twice(file: FileStory) -> None:
    portions = entries_of(file, 7, rules_of(file.connector).closes)
    keys = [draft.key for draft in (*portions.first, *portions.later)]
    assert len(keys) == len(set(keys)) == file.entries + (file.story == "duplicate")
    assert portions.waiting <= len(portions.later)
    assert (portions.waiting > 0) == (file.story in WAITS and file.entries > 0)
    assert (portions.returned > 0) == (file.story == "returned")
    assert portions == entries_of(file, 7, rules_of(file.connector).closes)


def test_an_invoice_filed_twice_is_the_same_but_for_its_key() -> None:
    (file,) = (file for file in FILES if file.story == "duplicate")
    portions = entries_of(file, 7, rules_of(file.connector).closes)
    (again,) = portions.later
    first = next(draft for draft in portions.first if draft.lines == again.lines)
    assert first.invoice_number == again.invoice_number
    assert first.key != again.key
