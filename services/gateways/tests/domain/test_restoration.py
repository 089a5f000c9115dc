"""How long a restored backup leaves entries in doubt."""

from datetime import UTC, datetime, timedelta

from gateways.domain.restoration import Restoration

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
SLOWEST = NOON + timedelta(days=1)


def test_each_connectors_entries_are_in_doubt_for_its_own_time_and_an_unheard_of_one_s_for_the_longest() -> None:
    restoration = Restoration(1, NOON, SLOWEST, {"quick": 60.0})
    assert restoration.settled_for("quick") == NOON + timedelta(minutes=1)
    assert restoration.settled_for("unheard_of") == SLOWEST
