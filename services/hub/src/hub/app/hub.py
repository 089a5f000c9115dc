"""What every action of a person stands on: a transaction as that person's firm, in which deeds are noted and said."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from hub.adapters.audit import note
from hub.adapters.changes import SESSIONS, announce
from hub.adapters.signals import Signals
from hub.domain.firm import Caller
from qontable.database import Connection as Db
from qontable.database import Database
from qontable.evening import EveningHour
from qontable.events.base import Event
from qontable.unit import Unit, Units


@dataclass(frozen=True, slots=True)
class Action:
    """One person's action: what it changes, says and notes is committed together or not at all."""

    unit: Unit
    caller: Caller

    @property
    def db(self) -> Db:
        """The transaction, which sees the caller's firm only."""
        return self.unit.connection

    @property
    def firm_id(self) -> str:
        """The caller's firm."""
        return self.caller.firm_id

    def say(self, event: Event) -> None:
        """Publish an event when the action is done."""
        self.unit.publish(event)

    async def note(self, action: str, subject: str, **details: Any) -> None:
        """Note the deed in the audit log. `details` hold no credential, label or amount."""
        await self.note_all(action, {subject: details})

    async def note_all(self, action: str, details: Mapping[str, Mapping[str, Any]]) -> None:
        """Note one deed done to several subjects, each with its details; pages that show them hear of it."""
        await note(self.db, self.firm_id, self.caller.user_id, action, details)
        touched = (_touched(action, subject, said) for subject, said in details.items())
        await announce(self.db, [(self.firm_id, subject) for subject in touched if subject])


class Hub:
    """The firm's side of the service: everything people do goes through here, pages and API alike."""

    def __init__(self, database: Database, signals: Signals, service: str, evening: EveningHour) -> None:
        self.evening = evening
        self._database = database
        self._units = Units(database, service)
        self.signals = signals

    @asynccontextmanager
    async def act(self, caller: Caller) -> AsyncIterator[Action]:
        """An action of `caller`. An exception undoes it."""
        async with self._units.unit(caller.firm_id) as unit:
            yield Action(unit, caller)

    @asynccontextmanager
    async def look(self, firm_id: str) -> AsyncIterator[Db]:
        """A transaction that sees one firm's rows."""
        async with self._database.transaction(firm_id) as db:
            yield db

    @asynccontextmanager
    async def knock(self) -> AsyncIterator[Db]:
        """A transaction that sees no firm's rows yet: who is asking is being found out."""
        async with self._database.transaction() as db:
            yield db


def _touched(action: str, subject: str, details: Mapping[str, Any]) -> str | None:
    """The subject under which open pages hear of a deed."""
    kind = action.partition(".")[0]
    if kind == "token":
        return SESSIONS
    if kind in {"file", "connection"}:
        return f"{kind}:{subject}"
    return f"file:{details['file_id']}" if "file_id" in details else None
