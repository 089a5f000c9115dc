"""Settings of the hub, read from its environment."""

from pathlib import Path

from pydantic import Field, SecretStr

from qontable.settings import Settings


class HubSettings(Settings):
    """What the hub needs to know beside what every service does."""

    hub_platform_secret: SecretStr = Field(
        min_length=24, description="What the platform shows to be given a person's token; the Hub's callers never do."
    )
    hub_token_days: int = Field(90, ge=1, le=400, description="How long a token holds, in days.")
    exports_url: str = Field(
        description="Address under which people reach exports, without a path: links to import files lead there."
    )
    exports_secret: SecretStr = Field(
        min_length=24, description="What links to import files are signed with; exports has the same."
    )
    hub_trace_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s\"<>]*\{trace\}[^\s\"<>]*$",
        description="Where people look at a trace, with `{trace}` in place of its id; without it no page links to one.",
    )
    hub_assets: Path | None = Field(
        None, description="Folder of scripts of others that pages load; without it they reload where they would change."
    )
