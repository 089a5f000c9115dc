"""Which record of `accounts.refreshed` a reader applies to what it holds, and when it has missed one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from qontable.events.reference import AccountsRefreshed

ASK_AGAIN = timedelta(minutes=10)
"""How long a reader waits for a full state before it asks once more."""


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """The state of a file's reference data that a reader holds, and of which software file."""

    connection_id: str
    software_file_id: str
    version: int

    def is_of(self, event: AccountsRefreshed) -> bool:
        """Whether the event speaks of the same software file."""
        return (self.connection_id, self.software_file_id) == (event.connection_id, event.software_file_id)


@dataclass(frozen=True, slots=True)
class Held:
    """Which version a reader holds, and when it last asked for the full state."""

    at: HeldVersion
    full_asked_at: datetime | None

    def asked_lately(self, moment: datetime) -> bool:
        """Whether the full state is asked for and may still come."""
        return self.full_asked_at is not None and self.full_asked_at + ASK_AGAIN > moment


def applies(held: HeldVersion | None, event: AccountsRefreshed) -> bool:
    """Whether the reader takes the event: a full state that is not older, or a difference from where it stands."""
    if event.full:
        return held is None or event.version >= held.version
    if held is None or held.version == 0:
        return event.from_version == 0
    return held.is_of(event) and event.from_version == held.version


def shows_a_gap(held: HeldVersion | None, event: AccountsRefreshed) -> bool:
    """Whether an event that does not apply tells that the reader has missed one, and should ask for the full state."""
    return not event.full and (held is None or event.version > held.version)
