"""Vendor limits and retry pauses hold whatever comes."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateways.domain.parts import MOST_CHARACTERS, MOST_ROWS, pieces
from gateways.domain.retry import PLAN
from gateways.domain.window import RequestWindow
from qontable.events.reference import Account, FiscalYear, ReferenceRows


@given(
    requests=st.integers(1, 8),
    seconds=st.floats(0.5, 10),
    idle=st.lists(st.floats(0, 3), min_size=20, max_size=60),
    changes=st.sets(st.integers(0, 59)),
)
def test_never_more_requests_than_allowed_in_any_stretch_of_time_whoever_owns_the_lane(
    requests: int, seconds: float, idle: list[float], changes: set[int]
) -> None:
    window, now, left = RequestWindow(requests, seconds), 100.0, []
    for number, pause in enumerate(idle):
        if number in changes:  # another owner takes over, on a clock of its own
            made, window = window.made(now), RequestWindow(requests, seconds)
            window.remember(made, now)
        now += pause
        while (wait := window.wait(now)) > 0:
            now += wait
        window.note(now)
        left.append(now)
    for first, later in zip(left, left[requests:], strict=False):
        assert later - first >= seconds - 1e-6


def test_a_burst_is_allowed_at_once_and_the_limit_is_used_up() -> None:
    window, now, left = RequestWindow(20, 10.0), 0.0, 0
    while now < 100:
        if (wait := window.wait(now)) > 0:
            now += wait
            continue
        window.note(now)
        left += 1
    assert 20 * 9 <= left <= 20 * 10


def test_a_promised_turn_counts_until_it_is_taken_or_given_back() -> None:
    window = RequestWindow(1, 10.0)
    window.held = 1
    assert window.wait(0.0) > 0
    window.held = 0
    assert window.wait(0.0) == 0


@given(
    failures=st.integers(1, 500),
    chance=st.floats(0, 1, exclude_max=True),
    retry_after=st.none() | st.floats(0, 100_000).map(lambda seconds: timedelta(seconds=seconds)),
)
def test_jitter_only_adds_and_retry_after_is_not_undercut_up_to_its_limit(
    failures: int, chance: float, retry_after: timedelta | None
) -> None:
    pause = PLAN.pause(failures, retry_after, chance)
    least = PLAN.pause(failures, retry_after, 0.0)
    assert least <= pause <= least * 1.2 + timedelta(microseconds=1)
    assert pause >= min(retry_after or timedelta(), PLAN.longest_asked)
    assert PLAN.pause(failures + 1, None, 0.0) >= PLAN.pause(failures, None, 0.0)


@given(st.lists(st.sampled_from([10, 20_000]), max_size=60), st.integers(0, 4100))
def test_pieces_of_a_snapshot_hold_the_same_rows_in_order_and_stay_small(long: list[int], short: int) -> None:
    labels = ["x" * length for length in long] + ["y"] * short
    accounts = tuple(Account(number=str(number), label=label) for number, label in enumerate(labels))
    years = (FiscalYear(start="2026-01-01", end="2026-12-31"),)
    parts = list(pieces(ReferenceRows(accounts=accounts, fiscal_years=years)))
    assert tuple(row for part in parts for row in part.accounts) == accounts
    assert [row for part in parts for row in part.fiscal_years] == list(years)
    for part in parts:
        assert len(part.accounts) <= MOST_ROWS
        assert sum(len(row.label) for row in part.accounts) <= MOST_CHARACTERS + 20_000
