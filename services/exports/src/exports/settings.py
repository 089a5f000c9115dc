"""Settings of the exports service."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr

from qontable.settings import Settings


class ExportsSettings(Settings):
    """What an exports process needs to know."""

    exports_secret: SecretStr = Field(
        min_length=24, description="What the Hub signs links to import files with, and exports follows them by."
    )
    exports_folder: Path | None = Field(
        None, description="Where import files are made before they are stored; the system's own folder when empty."
    )
    exports_lease_seconds: float = Field(
        30.0, gt=0, description="How long the batch of a process that fell silent waits before another writes it."
    )

    @property
    def exports_lease(self) -> timedelta:
        """For how long a batch belongs to who writes it; renewed while it is written."""
        return timedelta(seconds=self.exports_lease_seconds)
