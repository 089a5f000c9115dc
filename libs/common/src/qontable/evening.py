"""Evenings on the clocks of Paris: one instant for each date, through both clock changes (DESIGN 8, rule 9).

The hour is a setting, so it may be one that a clock change leaves out or repeats. Of an hour that comes twice the first
counts; an hour that is left out falls as long after midnight as on any other day, which is an hour later on the clock.
Either way every date has its evening once, and evenings follow each other in the order of their dates.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from qontable.clock import PARIS

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Evening:
    """The evening of one Paris date. Entries validated before `cut_off` (UTC) belong to it or to an earlier one."""

    day: date
    cut_off: datetime


@dataclass(frozen=True, slots=True)
class EveningHour:
    """When the evening falls, as clocks in Paris show it."""

    hour: time

    def on(self, day: date) -> Evening:
        """The evening of this date."""
        return Evening(day, datetime.combine(day, self.hour, PARIS).astimezone(UTC))

    def latest(self, moment: datetime) -> Evening:
        """The evening that has come last, at `moment` at the latest."""
        today = self.on(moment.astimezone(PARIS).date())
        return today if today.cut_off <= moment else self.on(today.day - ONE_DAY)

    def following(self, moment: datetime) -> Evening:
        """The first evening after `moment`."""
        return self.on(self.latest(moment).day + ONE_DAY)
