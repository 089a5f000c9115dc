"""What the Pennylane connector is told by its surroundings."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class PennylaneSettings(BaseSettings):
    """Read from the environment, prefix `QONTABLE_PENNYLANE_`. The client's id and secret are for OAuth only: firms
    that connect with a token of their own need neither."""

    model_config = SettingsConfigDict(env_prefix="QONTABLE_PENNYLANE_", extra="ignore", hide_input_in_errors=True)

    url: str = Field("https://app.pennylane.com", description="Base address of Pennylane, without any path of its API.")
    client_id: str = Field("", description="OAuth client id that Pennylane's partnerships team gave us.")
    client_secret: SecretStr = Field(SecretStr(""), description="The secret of that OAuth client.")
    redirect_url: str = Field(
        "",
        description="Address that Pennylane sends people back to after they have authorised us, as registered there.",
    )
