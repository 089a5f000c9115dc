"""Poison is a few records. When most of what comes would be set aside, the deploy is bad, not the data (DESIGN 4)."""

from collections import deque

WINDOW = 400
LEAST = 100


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
