"""Values that requests carry, with the bounds that everything behind the API relies on."""

from typing import Annotated, TypeAlias

from fastapi import Query
from pydantic import BaseModel, ConfigDict, StringConstraints

from qontable.events.base import Id

JournalCode: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f]+$")]
ShortText: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
Name: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f]+$")]
Typed: TypeAlias = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00]*$")]
"""A value typed in the wizard: what is too long for it is refused with a sentence, not by the model."""

MOST_ROWS = 500
LIMIT = "Most rows of a page."
CURSOR = "`next` of the page before."

CursorText: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=r"^[A-Za-z0-9_\-]+$")]
Cursor: TypeAlias = Annotated[CursorText | None, Query(description=CURSOR)]
Limit: TypeAlias = Annotated[int, Query(ge=1, le=MOST_ROWS, description=LIMIT)]
Search: TypeAlias = Annotated[
    str | None, Query(max_length=200, pattern=r"^[^\x00]+$", description="Text that occurs anywhere in the row.")
]
Wait: TypeAlias = Annotated[
    int, Query(ge=0, le=30, description="Seconds to wait for the end; the answer comes as soon as it is there.")
]
Reference: TypeAlias = Annotated[Id | None, Query()]


class Body(BaseModel):
    """A request's body: unknown members are mistakes, and are refused."""

    model_config = ConfigDict(extra="forbid")
