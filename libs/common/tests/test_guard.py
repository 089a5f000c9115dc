"""When a consumer stops instead of setting aside."""

import pytest

from qontable.guard import LEAST, WINDOW, Guard, TooManySetAside


def test_a_few_bad_records_never_stop_a_consumer() -> None:
    guard = Guard("topic", 0.5)
    for _ in range(LEAST - 1):
        guard.judge(1, 1)
        guard.note(1, 1)


def test_many_bad_records_among_more_good_ones_do_not_stop_it() -> None:
    guard = Guard("topic", 0.5)
    for _ in range(50):
        guard.judge(100, 50)
        guard.note(100, 50)


def test_a_stopped_consumer_stays_stopped_however_often_the_batch_comes_back() -> None:
    guard = Guard("topic", 0.5)
    guard.judge(60, 60)
    guard.note(60, 60)
    for _ in range(5):
        with pytest.raises(TooManySetAside):
            guard.judge(60, 60)


def test_good_records_that_follow_make_the_bad_ones_forgotten() -> None:
    guard = Guard("topic", 0.5)
    guard.note(LEAST, LEAST)
    guard.note(WINDOW, 0)
    guard.judge(LEAST, LEAST)


def test_who_has_looked_can_have_everything_set_aside() -> None:
    Guard("topic", 1.0).judge(1_000, 1_000)
