"""When a failed try is made again: a schedule that is data (DESIGN 6).

Pauses grow, jitter only adds, the software's own `Retry-After` is not undercut, up to a limit: a word that stops a firm
for a week is a mistake, and asking once an hour is no harm. What keeps failing for 72 hours is parked, visibly.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """`steps` are the pauses after the first, second, … failure in a row; the last one repeats.

    The software's own pause counts up to `longest_asked`; from `told_from` on people are told when it ends. Questions
    about a job grow apart up to `longest_poll`, and what is in doubt is looked for as often until it must have settled.
    """

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
    longest_asked: timedelta = timedelta(hours=1)
    told_from: timedelta = timedelta(minutes=5)
    longest_poll: timedelta = timedelta(minutes=10)
    jitter: float = 0.2
    give_up_after: timedelta = timedelta(hours=72)
    problem_after: int = 5
    ask_again_after: timedelta = timedelta(seconds=5)
    person_may_act_after: timedelta = timedelta(minutes=15)

    def pause(self, failures: int, retry_after: timedelta | None, chance: float) -> timedelta:
        """The pause after `failures` (1 or more) in a row; `chance` in [0, 1) decides on the jitter."""
        planned = self.steps[min(failures, len(self.steps)) - 1]
        asked = min(retry_after, self.longest_asked) if retry_after else planned
        return max(planned, asked) * (1 + self.jitter * chance)

    def poll_pause(self, least: timedelta, waited: timedelta) -> timedelta:
        """The pause before a job that has run for `waited` is asked about again: half as long as that on top of
        `least`, so that each is longer than the one before, up to `longest_poll`; never shorter than `least`."""
        return max(least, min(least + waited / 2, self.longest_poll))


PLAN = RetryPlan()
