"""Poison is a few records. When most of what comes would be set aside, the deploy is bad, not the data (DESIGN 4).

The same holds for what goes out: a broker that refuses everything said on a topic lacks it, or a right.
"""

from collections import Counter, deque

WINDOW = 400
LEAST = 100
REFUSED_IN_A_ROW = 100
"""So many rows of one topic the broker may refuse, with none of it confirmed between them, before the relay stops."""


class TooManySetAside(RuntimeError):
    """Most of what a topic brings would be set aside: the consumer stops instead."""


class Guard:
    """Remembers of the last `WINDOW` records of a topic which were set aside.

    Only what was really done is noted. A batch that is judged and refused leaves no trace, so that it is refused again
    when it comes back: a stopped consumer stays stopped until its records can be processed or its process is replaced.
    """

    def __init__(self, topic: str, share: float) -> None:
        self._topic = topic
        self._share = share
        self._verdicts: deque[bool] = deque(maxlen=WINDOW)

    def judge(self, records: int, refused: int) -> None:
        """Raises `TooManySetAside` where setting `refused` of `records` aside would exceed the share."""
        before = list(self._verdicts)[records - WINDOW :] if records < WINDOW else []
        bad, total = sum(before) + refused, len(before) + records
        if refused and bad >= LEAST and bad > total * self._share:
            raise TooManySetAside(f"{bad} of {total} records on {self._topic} would be set aside")

    def note(self, records: int, refused: int) -> None:
        """Remember what became of a batch."""
        self._verdicts.extend([True] * refused + [False] * (records - refused))


class TooManyRefused(RuntimeError):
    """The broker refuses whatever is said on a topic: its rows stay in the outbox."""


class Refusals:
    """Counts, for each topic, how many outbox rows in a row the broker refused."""

    def __init__(self) -> None:
        self._in_a_row: Counter[str] = Counter()

    def confirmed(self, topic: str) -> None:
        """A row of this topic was taken."""
        del self._in_a_row[topic]

    def bearable(self, topic: str) -> bool:
        """Whether one more refused row of this topic may be set aside; once not, none is until one is confirmed."""
        if self._in_a_row[topic] >= REFUSED_IN_A_ROW:
            return False
        self._in_a_row[topic] += 1
        return True
