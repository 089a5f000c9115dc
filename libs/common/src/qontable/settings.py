"""Settings that every service reads from its environment, prefix `QONTABLE_`.

A service's own settings class derives from `Settings`; every field has a description, from which the documentation of
settings is made. A missing value without a default stops the start with its name.
"""

from datetime import time

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What every service needs to know of its surroundings."""

    model_config = SettingsConfigDict(env_prefix="QONTABLE_", extra="ignore", hide_input_in_errors=True)

    kafka: str = Field(description="Kafka bootstrap servers, `host:port[,host:port]`.")
    topic_prefix: str = Field("", description="Put before every topic and group; lets several systems share a broker.")
    kafka_session_seconds: float = Field(
        45.0, gt=1, description="How long Kafka waits for a consumer that fell silent before others take its work."
    )
    set_aside_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Share of a topic's last records beyond which its consumer stops instead of setting aside; "
        "1 never stops: for a person who has looked and wants them set aside.",
    )
    database_url: str = Field(description="PostgreSQL address with the service's own role, whose schema it is.")
    database_connections: int = Field(8, ge=2, description="Most connections of one process to PostgreSQL.")
    http_host: str = Field("127.0.0.1", description="Address on which health, metrics and the API are served.")
    http_port: int = Field(description="Port on which health, metrics and the API are served.")
    storage_url: str = Field(description="Object storage for documents: `file:///folder` or `s3://bucket/prefix`.")
    otlp_endpoint: str | None = Field(None, description="OTLP/HTTP collector for traces; without it none are exported.")
    trace_ratio: float = Field(1.0, ge=0, le=1, description="Share of new traces that are recorded.")
    evening: time = Field(
        time(20),
        description="When entries of daily connections leave, as clocks in Paris show it; one for all services.",
    )
    log_level: str = Field("INFO", description="Least level that is logged: DEBUG, INFO, WARNING, ERROR.")

    @field_validator("evening")
    @classmethod
    def _on_the_clocks_of_paris(cls, evening: time) -> time:
        if evening.tzinfo is not None:
            raise ValueError("the evening is an hour on the clocks of Paris, without an offset")
        return evening
