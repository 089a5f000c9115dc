"""When entries of a daily connection leave next."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from qontable.clock import PARIS
from qontable.evening import EveningHour


class NextSending(BaseModel):
    """The instant, with the offset of Paris, and the hour that clocks there show then, like `20:00`."""

    at: datetime
    hour: str
    time_zone: Literal["Europe/Paris"] = "Europe/Paris"


def next_sending(evening: EveningHour, moment: datetime) -> NextSending:
    """The first evening after `moment`."""
    at = evening.following(moment).cut_off.astimezone(PARIS)
    return NextSending(at=at, hour=f"{at:%H:%M}")
