"""What the sandbox reads from its environment besides what every service does."""

from pydantic import Field

from qontable.settings import Settings


class SandboxSettings(Settings):
    """Settings of the stand-in platform and softwares."""

    public_url: str = Field(description="Address under which others reach the sandbox; document links begin with it.")
    link_minutes: float = Field(30.0, gt=0, description="How long a document link of the stand-in platform lives.")
