"""The firm, its members, and the one of them who is asking."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from hub.domain.token import Role
from qontable.events.base import Id


class Firm(BaseModel):
    """An accounting firm, as the platform made it known."""

    firm_id: str
    name: str
    siren: str | None


class Member(BaseModel):
    """A person of the firm; the platform signs people in and says who they are."""

    model_config = ConfigDict(extra="forbid")

    user_id: Id
    name: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")
    email: str = Field(min_length=3, max_length=320, pattern=r"^[^@\s\x00]+@[^@\s\x00]+$")
    role: Role


class Me(BaseModel):
    """Who a token belongs to."""

    firm: Firm
    member: Member


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose request it is: everything below happens as this firm, and is noted under this user."""

    firm_id: str
    user_id: str
    role: Role
