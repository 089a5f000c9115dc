"""Settings of the reference data service, read from its environment."""

from pydantic import Field

from qontable.settings import Settings


class ReferenceDataSettings(Settings):
    """What this service needs to know beside what every service does."""

    reference_data_answer_seconds: float = Field(
        1800, gt=0, description="After how long without an answer a refresh is asked for again, in seconds."
    )
