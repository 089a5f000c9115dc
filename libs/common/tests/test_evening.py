"""Every Paris date has its evening once, in order, at whatever hour and through both clock changes."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from qontable.clock import PARIS
from qontable.evening import EveningHour
from qontable.settings import Settings

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
"""Clocks in Paris go from 2:00 to 3:00, and from 3:00 back to 2:00."""

hours = st.times(timezones=st.none())
days = st.dates(date(2020, 1, 1), date(2040, 12, 31))
moments = st.integers(1_577_836_800, 2_240_524_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@pytest.mark.parametrize(
    ("hour", "day", "cut_off"),
    [
        (time(20), date(2026, 3, 28), "2026-03-28T19:00:00Z"),
        (time(20), SPRING, "2026-03-29T18:00:00Z"),
        (time(20), date(2026, 10, 24), "2026-10-24T18:00:00Z"),
        (time(20), AUTUMN, "2026-10-25T19:00:00Z"),
        (time(2, 30), date(2026, 3, 28), "2026-03-28T01:30:00Z"),
        (time(2, 30), SPRING, "2026-03-29T01:30:00Z"),
        (time(2, 30), date(2026, 3, 30), "2026-03-30T00:30:00Z"),
        (time(2, 30), AUTUMN, "2026-10-25T00:30:00Z"),
        (time(2, 30), date(2026, 10, 26), "2026-10-26T01:30:00Z"),
    ],
)
def test_the_evening_falls_at_the_hour_of_paris(hour: time, day: date, cut_off: str) -> None:
    assert EveningHour(hour).on(day).cut_off == datetime.fromisoformat(cut_off)


@given(hours, days)
@example(time(2, 30), SPRING)
@example(time(2, 30), AUTUMN)
@example(time(3), SPRING)
@example(time(0), AUTUMN)
@example(time(23, 59, 59), SPRING)
def test_evenings_lie_on_their_date_and_follow_each_other(hour: time, day: date) -> None:
    evening = EveningHour(hour)
    before, after = (evening.on(day + timedelta(days=days)).cut_off for days in (0, 1))
    assert before.astimezone(PARIS).date() == day
    assert timedelta(hours=22) < after - before < timedelta(hours=26)


@given(hours, moments)
@example(time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC))
@example(time(2, 30), datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
@example(time(20), datetime(2026, 10, 25, 18, 59, 59, 999_999, tzinfo=UTC))
@example(time(0), datetime(2026, 3, 28, 23, tzinfo=UTC))
def test_between_two_evenings_lies_every_moment(hour: time, moment: datetime) -> None:
    evening = EveningHour(hour)
    latest, following = evening.latest(moment), evening.following(moment)
    assert latest.cut_off <= moment < following.cut_off
    assert following.day - latest.day == timedelta(days=1)


@pytest.mark.parametrize("hour", [time(20), time(2), time(2, 30), time(3), time(0), time(23, 45)])
@pytest.mark.parametrize("change", [SPRING, AUTUMN])
def test_whoever_looks_every_quarter_of_an_hour_meets_each_date_once(hour: time, change: date) -> None:
    start = datetime.combine(change - timedelta(days=3), time(12), UTC)
    looks = [EveningHour(hour).latest(start + timedelta(minutes=15 * number)) for number in range(7 * 96)]
    met = list(dict.fromkeys(looks))
    assert [evening.day - met[0].day for evening in met] == [timedelta(days=number) for number in range(len(met))]
    assert len(met) >= 7


def test_an_hour_with_an_offset_is_refused() -> None:
    others = {"kafka": "x", "database_url": "x", "http_port": 1, "storage_url": "x"}
    assert Settings.model_validate({**others, "evening": "18:30"}).evening == time(18, 30)
    with pytest.raises(ValidationError, match="clocks of Paris"):
        Settings.model_validate({**others, "evening": "20:00+01:00"})
