"""What tries say about a connection, and what its lane makes of it."""

from datetime import UTC, datetime, timedelta

from gateways.domain.health import LaneHealth, Sign, noted, sign_of
from gateways.domain.outcome import CouldNotAsk, Exchange, NotSent, Rejected, Unknown
from gateways.domain.retry import PLAN
from qontable.events.delivery import SoftwareMessage

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
WORDS = SoftwareMessage(category="connection_refused")
DOWN = Sign("unreachable", WORDS)


def note(lane: LaneHealth, sign: Sign, *, started: int = 0, now: int = 0, version: int = 1) -> LaneHealth:
    return noted(
        lane,
        sign,
        started_at=NOON + started * SECOND,
        now=NOON + now * SECOND,
        version=version,
        plan=PLAN,
        chance=0.0,
    )


def test_ten_requests_that_fail_together_are_one_failure() -> None:
    lane = LaneHealth()
    for _ in range(10):
        lane = note(lane, DOWN, started=0, now=1)
    assert (lane.failures, lane.health, lane.version) == (1, "unreachable", 1)
    assert lane.paused_until == NOON + 6 * SECOND


def test_the_fifth_failure_in_a_row_is_a_problem_and_an_answer_ends_it() -> None:
    lane = LaneHealth()
    for minute in range(5):
        lane = note(lane, DOWN, started=minute * 60, now=minute * 60 + 1)
    assert (lane.health, lane.failures, lane.failing_since) == ("problem", 5, NOON + SECOND)
    lane = note(lane, Sign("answered"), started=600, now=601)
    assert (lane.health, lane.failures, lane.paused_until, lane.failing_since) == ("connected", 0, None, None)


def test_an_answer_to_an_older_request_does_not_end_a_pause() -> None:
    throttled = note(LaneHealth(), Sign("throttled", WORDS, 60 * SECOND), started=5, now=6)
    assert note(throttled, Sign("answered"), started=4, now=7) == throttled
    assert throttled.paused_until == NOON + 66 * SECOND


def test_a_software_that_bids_us_wait_for_long_is_told_at_once_with_the_instant_at_which_the_pause_ends() -> None:
    lane = note(LaneHealth(health="connected", version=1), Sign("throttled", WORDS, 900 * SECOND))
    assert (lane.health, lane.version, lane.paused_until) == ("unreachable", 2, NOON + 900 * SECOND)
    assert lane.message is not None
    assert lane.message.category == WORDS.category
    assert all("2026-03-12 12:15 UTC" in lane.message.remedy[language] for language in ("fr", "en"))
    again = note(lane, Sign("throttled", WORDS, 900 * SECOND), started=900, now=900)
    assert (again.health, again.version, again.since) == ("unreachable", 3, NOON)
    assert again.message is not None
    assert "12:30 UTC" in again.message.remedy["fr"]
    assert note(again, Sign("answered"), started=1800, now=1800).health == "connected"


def test_a_short_word_to_wait_is_nobody_s_concern() -> None:
    assert note(LaneHealth(health="connected", version=1), Sign("throttled", WORDS, 60 * SECOND)).version == 1


def test_a_pause_of_a_week_is_taken_for_one_of_an_hour() -> None:
    lane = note(LaneHealth(), Sign("throttled", WORDS, timedelta(days=7)))
    assert lane.paused_until == NOON + timedelta(hours=1)


def test_refused_credentials_halt_until_a_newer_version_and_no_answer_in_flight_lifts_that() -> None:
    halted = note(LaneHealth(), Sign("credentials", WORDS), version=3)
    assert (halted.halted_version, halted.health) == (3, "credentials_refused")
    assert note(halted, Sign("answered"), started=9, now=9, version=3) == halted
    assert note(halted, Sign("answered"), started=9, now=9, version=4).health == "connected"


def test_the_same_health_is_told_once() -> None:
    lane = note(LaneHealth(), Sign("answered"))
    assert note(lane, Sign("answered"), started=5, now=6).version == lane.version == 1


def test_failures_of_our_own_say_nothing_about_the_software() -> None:
    ours = SoftwareMessage(category="document_unavailable")
    assert sign_of(NotSent(exchange=Exchange(), message=ours)) is None
    assert sign_of(Rejected(exchange=Exchange(), message=WORDS)) is None
    assert sign_of(CouldNotAsk(exchange=Exchange(), message=WORDS, cause="refused")) is None
    assert sign_of(Unknown(exchange=Exchange(), message=WORDS, reference_taken=True)) == Sign("answered")


def test_what_has_to_be_done_soon_is_told_once_with_a_connection_that_fares_well() -> None:
    def answered(lane: LaneHealth, warning: SoftwareMessage | None) -> LaneHealth:
        sign = Sign("answered")
        return noted(lane, sign, started_at=NOON, now=NOON, version=1, plan=PLAN, chance=0.0, warning=warning)

    well = answered(LaneHealth(), None)
    soon = answered(well, WORDS)
    assert (soon.health, soon.message, soon.version, soon.since) == ("connected", WORDS, well.version + 1, well.since)
    assert answered(soon, WORDS) == soon
    done = answered(soon, None)
    assert (done.health, done.message, done.version) == ("connected", None, soon.version + 1)
