"""Settings of the gateways."""

import socket
from pathlib import Path

from pydantic import Field

from qontable.settings import Settings

LEASE_SECONDS = 30.0


class GatewaySettings(Settings):
    """What a gateway process needs to know; each connector has settings of its own beside these."""

    private_keys: Path = Field(description="File with the private keys that open credentials, newest last.")
    connectors: str = Field(
        "", description="Connectors that this process runs, separated by commas; all of them when empty."
    )
    links_url: str = Field(
        "",
        description="Address under which accounting software reaches this process from outside, without a path; needed "
        "for software that fetches documents by itself, which finds them below `/documents` there.",
    )
    slot: str = Field(
        "",
        max_length=200,
        description="This process's place among its replicas, which no other process may have at the same time and "
        "which it has again when it is started again. When empty: host name and port.",
    )
    lanes: int = Field(200, ge=1, description="Most connections that one process works at the same time.")
    lease_seconds: float = Field(
        LEASE_SECONDS,
        gt=0,
        description="Shortest lease of a lane; twice as long as an attempt may take where that is more.",
    )

    def connector_names(self) -> list[str] | None:
        """The connectors named, or nothing for all."""
        return [name.strip() for name in self.connectors.split(",") if name.strip()] or None

    def slot_name(self) -> str:
        """The slot, which the system keeps from being taken twice where it is host and port."""
        return self.slot or f"{socket.gethostname()}:{self.http_port}"
