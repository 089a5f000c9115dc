"""When a failed try is made again: a schedule that is data (DESIGN 6).

Pauses grow, jitter only adds, the software's own `Retry-After` is never undercut. What keeps failing for 72 hours is
parked, visibly.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """`steps` are the pauses after the first, second, … failure in a row; the last one repeats."""

    steps: tuple[timedelta, ...] = (
        timedelta(seconds=5),
        timedelta(seconds=15),
        timedelta(seconds=30),
        timedelta(minutes=1),
        timedelta(minutes=2),
        timedelta(minutes=5),
        timedelta(minutes=10),
        timedelta(minutes=15),
        timedelta(minutes=30),
    )
    jitter: float = 0.2
    give_up_after: timedelta = timedelta(hours=72)
    problem_after: int = 5
    ask_again_after: timedelta = timedelta(seconds=5)
    person_may_act_after: timedelta = timedelta(minutes=15)

    def pause(self, failures: int, retry_after: timedelta | None, chance: float) -> timedelta:
        """The pause after `failures` (1 or more) in a row; `chance` in [0, 1) decides on the jitter."""
        planned = self.steps[min(failures, len(self.steps)) - 1]
        return max(planned, retry_after or planned) * (1 + self.jitter * chance)


PLAN = RetryPlan()
