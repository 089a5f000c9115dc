"""When a file's weekly refresh is due: each file has its own hour of the week, in Paris, so that a firm's 300 files
do not ask at once (DESIGN 8, rule 9).
"""

import hashlib
from datetime import UTC, datetime, time, timedelta

from qontable.clock import PARIS

MINUTES = 7 * 24 * 60


def next_weekly(file_id: str, after: datetime) -> datetime:
    """The first instant after `after` that is this file's minute of the week on the clocks of Paris."""
    minute = int.from_bytes(hashlib.sha256(file_id.encode()).digest()[:4], "big") % MINUTES
    days, minutes = divmod(minute, 24 * 60)
    local = after.astimezone(PARIS)
    monday = local.date() - timedelta(days=local.weekday())
    for week in (0, 1):
        day = monday + timedelta(days=days, weeks=week)
        due = datetime.combine(day, time(minutes // 60, minutes % 60), PARIS).astimezone(UTC)
        if due > after:
            return due
    return due + timedelta(weeks=1)
