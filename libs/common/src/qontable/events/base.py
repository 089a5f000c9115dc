"""What every event is: an immutable fact with a type, a topic and a key, as JSON on the wire.

Readers ignore fields they do not know; a change that would break a reader is a new type (DESIGN 4).
"""

from typing import Annotated, ClassVar

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

Id = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9_.:\-]+$")]
Text = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00]*$")]
DecimalText = Annotated[str, StringConstraints(max_length=40)]
DateText = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Instant = AwareDatetime
Version = int


class Part(BaseModel):
    """A piece of an event. Errors never quote the input: it may hold labels or secrets (DESIGN 8, rule 6)."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, serialize_by_alias=True)


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

    def body(self) -> bytes:
        """The body on the wire: deterministic, so that the same fact has the same bytes."""
        return orjson.dumps(self.model_dump(mode="json", exclude_none=True))
