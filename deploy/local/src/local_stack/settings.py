"""Settings of the local stack, read from the environment, prefix `QONTABLE_`."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parents[4]
"""The checkout. The local stack runs from one, never from a wheel: services, migrations and jars are found in it."""


class LocalSettings(BaseSettings):
    """What may be chosen about a stack before it starts."""

    model_config = SettingsConfigDict(env_prefix="QONTABLE_", extra="ignore")

    stack: str = Field(
        "main", pattern="^[a-z][a-z0-9-]{0,30}$", description="Name of the stack; each has its own data."
    )
    local_folder: Path = Field(PROJECT / ".local", description="Folder of all stacks: data, logs, ports, passwords.")
    kafka_heap: str = Field("512m", pattern="^[0-9]+[mg]$", description="Most memory of the broker's heap.")
    ports: dict[str, int] = Field(
        default_factory=dict,
        description='Ports by part, as JSON: `{"hub": 9000}`. A part that is not named gets its usual or a free port.',
    )
