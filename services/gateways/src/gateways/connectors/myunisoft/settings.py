"""What the MyUnisoft connector is told by its surroundings."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class MyUnisoftSettings(BaseSettings):
    """Read from the environment, prefix `QONTABLE_MYUNISOFT_`."""

    model_config = SettingsConfigDict(env_prefix="QONTABLE_MYUNISOFT_", extra="ignore", hide_input_in_errors=True)

    url: str = Field(
        "https://api.myunisoft.fr/api/v1", description="Base address of MyUnisoft's partner API, version included."
    )
    partner_secret: SecretStr = Field(
        description="The partner secret that MyUnisoft gave us: one for all firms, sent as `X-Third-Party-Secret`."
    )
