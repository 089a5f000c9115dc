"""Every file has its own minute of the week on the clocks of Paris, through both clock changes."""

from datetime import UTC, datetime, timedelta

import pytest

from qontable.clock import PARIS
from reference_data.domain.week import next_weekly


@pytest.mark.parametrize("start", [datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 10, 16, tzinfo=UTC)])
def test_a_file_is_due_once_a_week_at_the_same_time_of_day(start: datetime) -> None:
    for file in (f"fil_{number}" for number in range(200)):
        first = next_weekly(file, start)
        second = next_weekly(file, first)
        assert start < first <= start + timedelta(days=7, hours=1)
        local = [due.astimezone(PARIS) for due in (first, second)]
        assert local[0].weekday() == local[1].weekday()
        assert 6 < (second - first) / timedelta(days=1) < 8


def test_files_are_spread_over_the_week() -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    days = {next_weekly(f"fil_{number}", start).astimezone(PARIS).weekday() for number in range(100)}
    assert days == set(range(7))
