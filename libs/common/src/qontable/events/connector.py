"""What gateways say of their connectors and connections."""

from typing import ClassVar, Literal

from qontable.events.base import Event, Id, Instant, Part, Version
from qontable.events.delivery import SoftwareMessage
from qontable.events.hub import Sealed, SoftwareFile
from qontable.sheet import Sheet

Health = Literal["connected", "credentials_refused", "unreachable", "plugin_off", "problem"]


class ConnectorAnnounced(Event):
    """A connector exists; its whole data sheet, so that a new one needs no change elsewhere. Compacted."""

    type_name: ClassVar[str] = "connector.announced"
    connector: Id
    version: Version
    sheet: Sheet
    sealing_key_id: Id
    sealing_key: str

    @property
    def key(self) -> str:
        return self.connector


class Prerequisite(Part):
    """One prerequisite of the sheet, tested on one software file."""

    name: Id
    met: bool
    message: SoftwareMessage | None = None


class ConnectionChecked(Event):
    """The answer to a check: whether the credentials work, and the software files they open."""

    type_name: ClassVar[str] = "connection.checked"
    check_id: Id
    firm_id: Id
    connection_id: Id
    connector: Id
    outcome: Literal["accepted", "refused", "unreachable"]
    message: SoftwareMessage | None = None
    software_files: tuple[SoftwareFile, ...] = ()
    prerequisites: tuple[Prerequisite, ...] = ()
    checked_at: Instant

    @property
    def key(self) -> str:
        return self.connection_id


class ConnectionHealthChanged(Event):
    """How a connection fares, since when, and what the software said last."""

    type_name: ClassVar[str] = "connection.health_changed"
    firm_id: Id
    connection_id: Id
    connector: Id
    version: Version
    health: Health
    since: Instant
    message: SoftwareMessage | None = None

    @property
    def key(self) -> str:
        return self.connection_id


class ConnectionResealed(Event):
    """Credentials sealed again under a newer key, or renewed by the software; content unchanged otherwise."""

    type_name: ClassVar[str] = "connection.resealed"
    firm_id: Id
    connection_id: Id
    connector: Id
    from_version: Version
    sealed: Sealed

    @property
    def key(self) -> str:
        return self.connection_id
