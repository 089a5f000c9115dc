"""Bodies of the control API: what can be ordered of a stand-in software."""

from datetime import date, datetime
from typing import Any, Self

from pydantic import Field, SecretStr, model_validator

from sandbox.domain.faults import FAULTS, Reply
from sandbox.domain.seed import SeedPart
from sandbox.entrypoints.connector import DEFAULT


class FaultOrder(SeedPart):
    """A fault by name (`domain/faults.py` lists them), whom it strikes, how often or how probably.

    `reply` replaces what the caller gets to see. `seconds` is how late, or what `Retry-After` says.
    """

    kind: str
    connector: str = DEFAULT
    route: str | None = Field(None, examples=["POST /entry"])
    token: SecretStr | None = None
    software_file: str | None = None
    count: int | None = Field(None, gt=0)
    probability: float = Field(1.0, gt=0, le=1)
    seed: int = 0
    seconds: float = Field(0.0, ge=0)
    reply: Reply | None = None

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        if self.kind not in FAULTS:
            raise ValueError(f"unknown fault; known: {', '.join(FAULTS)}")
        return self


class MannerOrder(SeedPart):
    """Which of the ways that a vendor's documents describe the software follows."""

    manner: str


class FileSwitches(SeedPart):
    """Settings of a software file; what is left out stays."""

    unique_references: bool | None = None
    answers_with_entry: bool | None = None
    books_as_draft: bool | None = None


class JournalSwitches(SeedPart):
    """A journal's state; what is left out stays."""

    locked: bool | None = None
    closed: bool | None = None


class ClosedSwitch(SeedPart):
    """Closed or open."""

    closed: bool


class PeriodLock(SeedPart):
    """A period to be locked for one journal, or for all."""

    start: date
    end: date
    journal: str | None = None
    locked_by: str = "Camille Bernard"


class TokenSwitches(SeedPart):
    """A key and what changes about it; a limit of null is the vendor's own again."""

    connector: str = DEFAULT
    token: SecretStr
    revoked: bool = False
    disconnected: bool = False
    activated: bool = False
    forbidden_routes: list[str] = Field(default_factory=list)
    requests: int | None = Field(None, gt=0)
    seconds: float | None = Field(None, gt=0)
    concurrent: int | None = Field(None, gt=0)
    scopes: list[str] | None = None
    expires_at: datetime | None = None

    def changes(self) -> dict[str, Any]:
        """Only what was named."""
        return {name: getattr(self, name) for name in self.model_fields_set - {"connector", "token"}}
