"""The reference by which an entry is found again in the books."""

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from qontable.entry import EntryRef
from qontable.reference import entry_reference, reference_uuid

NAMES = st.text(min_size=1, max_size=20)
REF = EntryRef("frm_01", "fil_0042", "ent_0190a3c2")


def test_it_never_changes() -> None:
    """Entries that are in the books already are looked up by it: a new spelling would book them again."""
    assert entry_reference(REF) == "QTB-N4M1Z2SN1K986R5331J8XWHC9H"


@given(NAMES, NAMES, NAMES)
def test_it_is_short_plain_and_without_letters_that_read_as_digits(firm: str, file: str, entry: str) -> None:
    assert re.fullmatch(r"QTB-[0-9A-HJKMNP-TV-Z]{26}", entry_reference(EntryRef(firm, file, entry)))


def test_entries_of_other_firms_and_files_have_others() -> None:
    others = [replace(REF, firm_id="frm_02"), replace(REF, file_id="fil_0043"), replace(REF, entry_id="ent_0190a3c3")]
    assert len({entry_reference(ref) for ref in (REF, *others)}) == 4


def test_ids_that_run_together_have_different_ones() -> None:
    assert entry_reference(EntryRef("a", "bc", "d")) != entry_reference(EntryRef("ab", "c", "d"))


def test_its_uuid_never_changes_either_and_is_one_for_each_entry() -> None:
    assert str(reference_uuid(entry_reference(REF))) == "d6d5823c-b3b7-50ae-8dd2-f833825d0b84"
    others = [entry_reference(replace(REF, entry_id=f"ent_{number}")) for number in range(100)]
    assert len({reference_uuid(reference) for reference in others}) == 100
