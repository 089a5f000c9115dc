"""Where the parts of a running system are, for commands that a person starts beside it.

The local stack writes them into a file of its folder; elsewhere `QONTABLE_ADDRESSES` names such a file.
"""

import os
from pathlib import Path

from pydantic import BaseModel


class NoAddresses(LookupError):
    """No running system says where it is; the message says how to start one."""


class Addresses(BaseModel):
    """One system: its broker, its database, its storage, each service's HTTP address and settings.

    `settings` has, by service, every variable of its environment, secrets included: the file is for its owner only.
    `partner_secrets` are what the gateways show each accounting software as its partner, by connector: the connectors
    that run here are its keys.
    """

    stack: str
    kafka: str
    topic_prefix: str = ""
    postgres_admin_url: str
    storage_url: str
    logs: str
    http: dict[str, str]
    settings: dict[str, dict[str, str]]
    partner_secrets: dict[str, str]

    @property
    def platform_secret(self) -> str:
        """What the platform shows the Hub to be given a person's token."""
        return self.settings["hub"]["QONTABLE_HUB_PLATFORM_SECRET"]


def read_addresses() -> Addresses:
    """The addresses of the system that the environment names, by default the local stack `main`.

    `QONTABLE_ADDRESSES` names a file; else `QONTABLE_STACK` names a stack below `QONTABLE_LOCAL_FOLDER`, or below
    `.local` of the nearest folder above that has one. Raises `NoAddresses`.
    """
    named = os.environ.get("QONTABLE_ADDRESSES")
    file = Path(named) if named else _local_folder() / os.environ.get("QONTABLE_STACK", "main") / "addresses.json"
    try:
        return Addresses.model_validate_json(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NoAddresses(f"no running system is known in {file}: start one with `qontable local up`") from None
    except (OSError, ValueError) as error:
        what = type(error).__name__
        raise NoAddresses(f"{file} does not say where a system runs ({what}): `qontable local up` writes it") from None


def _local_folder() -> Path:
    named = os.environ.get("QONTABLE_LOCAL_FOLDER")
    if named:
        return Path(named)
    above = [folder / ".local" for folder in (Path.cwd(), *Path.cwd().parents)]
    return next((folder for folder in above if folder.is_dir()), above[0])
