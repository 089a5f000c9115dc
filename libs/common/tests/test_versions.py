"""What a reader of reference data applies."""

from typing import Any

import pytest

from qontable.clock import now
from qontable.events.reference import AccountsRefreshed, ReferenceChanges
from qontable.versions import HeldVersion, applies, shows_a_gap

HELD = HeldVersion("con_1", "sw_1", 4)
NOTHING = HeldVersion("con_1", "sw_1", 0)


@pytest.mark.parametrize(
    ("held", "from_version", "version", "full", "software_file_id", "taken", "gap"),
    [
        (None, 0, 1, False, "sw_1", True, True),
        (NOTHING, 0, 1, False, "sw_1", True, True),
        (None, 3, 4, False, "sw_1", False, True),
        (HELD, 4, 5, False, "sw_1", True, True),
        (HELD, 4, 4, False, "sw_1", True, False),
        (HELD, 5, 6, False, "sw_1", False, True),
        (HELD, 3, 4, False, "sw_1", False, False),
        (HELD, 4, 5, False, "sw_2", False, True),
        (HELD, 0, 4, True, "sw_1", True, False),
        (HELD, 0, 5, True, "sw_2", True, False),
        (HELD, 0, 3, True, "sw_1", False, False),
    ],
)
def test_a_reader_takes_what_follows_and_sees_what_it_missed(
    held: HeldVersion | None, from_version: int, version: int, full: Any, software_file_id: str, taken: Any, gap: Any
) -> None:
    event = AccountsRefreshed(
        firm_id="frm_1", file_id="fil_1", connection_id="con_1", software_file_id=software_file_id,
        from_version=from_version, version=version, full=full, changes=ReferenceChanges(), refreshed_at=now(),
    )  # fmt: skip
    assert (applies(held, event), shows_a_gap(held, event)) == (taken, gap)
