"""What the Cegid Loop connector is told by its surroundings."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from qontable.sheet import Sheet


class CegidLoopSettings(BaseSettings):
    """Read from the environment, prefix `QONTABLE_CEGID_LOOP_`."""

    model_config = SettingsConfigDict(env_prefix="QONTABLE_CEGID_LOOP_", extra="ignore", hide_input_in_errors=True)

    url: str = Field(
        "https://api.cegid.com/loop-api-publiques",
        description="Base address of Cegid Loop's public API; one public client uses loop-publicapi.cegid.com instead.",
    )
    subscription_key: SecretStr = Field(
        description="The subscription key that Cegid gave us: one for all firms, sent as `Ocp-Apim-Subscription-Key`."
    )
    import_retried_seconds: float | None = Field(
        None,
        gt=0,
        description="How long Cegid Loop may still carry out an import that it took without our hearing of it, in "
        "seconds. The data sheet's assumption of a day when empty; shorter only for a stand-in.",
    )

    def applied_to(self, sheet: Sheet) -> Sheet:
        """The data sheet with what the surroundings know better."""
        if self.import_retried_seconds is None:
            return sheet
        settles = sheet.settles_within.model_copy(update={"value": self.import_retried_seconds})
        return sheet.model_copy(update={"settles_within": settles})
