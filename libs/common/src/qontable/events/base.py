"""What every event is: an immutable fact with a type, a topic and a key, as JSON on the wire.

Readers ignore fields they do not know; a change that would break a reader is a new type (DESIGN 4).
"""

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints


def _date_and_time(value: object) -> object:
    """An instant is written as RFC 3339 says: a number, also one in a text, is no count of seconds."""
    if isinstance(value, str):
        if value[4:5] != "-":
            raise ValueError("not an instant")
        return _within_calendar(datetime.fromisoformat(value))
    return value


def _within_calendar(moment: datetime) -> datetime:
    """An instant that PostgreSQL gives back: it has a date in UTC, and is neither the first nor the last of all.

    Those two, which some systems write for "none", are infinities to asyncpg and come back without a time zone.
    """
    if moment.tzinfo and moment.year in (1, 9999):
        try:
            instant = moment.astimezone(UTC).replace(tzinfo=None)
        except OverflowError:
            raise ValueError("not an instant") from None
        if instant in (datetime.min, datetime.max):  # noqa: DTZ901 - as asyncpg compares them
            raise ValueError("not an instant")
    return moment


Id = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9_.:\-]+$")]
Text = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00]*$")]
DecimalText = Annotated[str, StringConstraints(max_length=40)]
DateText = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Instant = Annotated[AwareDatetime, BeforeValidator(_date_and_time)]
Version = int


class Part(BaseModel):
    """A piece of an event. Errors never quote the input: it may hold labels or secrets (DESIGN 8, rule 6)."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, serialize_by_alias=True, allow_inf_nan=False
    )


class Event(Part):
    """A fact on a topic. `type_name` is also its topic unless `topic` says otherwise; `key` orders it."""

    type_name: ClassVar[str]
    major: ClassVar[int] = 1

    @property
    def topic(self) -> str:
        """The topic it is published on, without the deployment's prefix."""
        return self.type_name

    @property
    def key(self) -> str:
        """The Kafka key: the file unless the type says otherwise."""
        return str(self.file_id)  # type: ignore[attr-defined]

    @property
    def subject(self) -> str:
        """What the event is about, for the envelope's `ce_subject`."""
        return self.key

    @classmethod
    def ce_type(cls) -> str:
        """The type's name on the wire, with its major version."""
        return f"qontable.{cls.type_name}.v{cls.major}"

    @classmethod
    def read(cls, body: bytes) -> Self:
        """The event that a body says, taken at its word: a number is no text, no instant and no yes or no.

        Raises `pydantic.ValidationError`; its first error is of type `json_invalid` where the body is not JSON.
        """
        return cls.model_validate_json(body, strict=True)

    def body(self) -> bytes:
        """The body on the wire: deterministic, so that the same fact has the same bytes."""
        return self.model_dump_json(exclude_none=True).encode()
