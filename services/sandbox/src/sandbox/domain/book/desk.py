"""The bookkeeper's desk: chance, running numbers and exchange rates, all from one seed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from sandbox.domain.book.postings import Postings, Rate
from sandbox.domain.book.workshop import Euros, ThirdParty, Workshop

YEAR = 2026
_RATES = {"USD": (Decimal("1.0450"), Decimal("1.1820")), "GBP": (Decimal("0.8320"), Decimal("0.8790"))}
_RATE_STEP = Decimal("0.0001")
CREDIT_NOTE_EVERY = 16


@dataclass(slots=True)
class Desk:
    """What every maker of entries shares. The same seed and the same calls give the same answers."""

    workshop: Workshop
    chance: Random
    numbers: Counter[str] = field(default_factory=Counter)

    def pick(self, parties: Sequence[ThirdParty]) -> ThirdParty:
        """One of them, the more often the larger its share."""
        return self.chance.choices(parties, weights=[party.share for party in parties])[0]

    def cents(self, between: Euros) -> int:
        """An amount in cents; equal bounds are a fixed price."""
        low, high = between
        return low * 100 if low == high else self.chance.randint(low * 100, high * 100)

    def number(self, series: str, pattern: str) -> str:
        """The next number of a series."""
        self.numbers[series] += 1
        return pattern.format(n=self.numbers[series])

    def credits(self, series: str) -> bool:
        """Whether the next invoice of a series is a credit note: one in sixteen."""
        self.numbers[f"{series} or credit"] += 1
        return self.numbers[f"{series} or credit"] % CREDIT_NOTE_EVERY == 0

    def happens(self, probability: float) -> bool:
        """Whether something that happens this often happens now."""
        return self.chance.random() < probability

    def postings(self, currency: str = "EUR") -> Postings:
        """An empty entry, with a rate of the day when it is not in euros."""
        return Postings(self.workshop.accounts, None if currency == "EUR" else self._rate(currency))

    def sections(self, party: ThirdParty) -> Sequence[tuple[str, str, int]]:
        """Analytic shares of a line: one section, or two."""
        if not party.analytic:
            return ()
        axis = self.workshop.axis
        first, second = self.chance.sample(list(axis.sections), 2)
        if self.happens(0.7):
            return ((axis.code, first, 100),)
        percent = self.chance.choice((25, 33, 50, 60))
        return ((axis.code, first, percent), (axis.code, second, 100 - percent))

    def day(self, number: int, count: int) -> date:
        """The working day of the `number`-th of `count` events spread over the year."""
        spread = timedelta(days=int((number + self.chance.random()) / count * 365))
        day = date(YEAR, 1, 1) + spread
        return max(date(YEAR, 1, 2), day - timedelta(days=max(0, day.weekday() - 4)))

    def _rate(self, currency: str) -> Rate:
        low, high = _RATES[currency]
        steps = int((high - low) / _RATE_STEP)
        return Rate(currency, low + self.chance.randint(0, steps) * _RATE_STEP)
