"""What Pennylane's routes answer, as far as we read it. Field names are the vendor's; fields we do not use are ignored.

Source: the vendor's OpenAPI document of the firm API v1, with the facts (section 2) where it is silent.
"""

from datetime import date
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter

T = TypeVar("T")


def _words(text: object) -> object:
    return "" if text is None else text


Words = Annotated[str, BeforeValidator(_words)]


class Received(BaseModel):
    """An answer never quotes itself in an error: it may hold names and bank details."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Page(Received, Generic[T]):
    """One page of a list, in either of the vendor's two ways of counting them: by cursor or by number."""

    items: tuple[T, ...]
    has_more: bool | None = None
    next_cursor: str | None = None
    total_pages: int | None = None
    total_items: int | None = None


class Company(Received):
    """A client file of the firm; `client_code` is the firm's own code for it."""

    id: int
    name: Words = ""
    billing_company_name: Words = ""
    siren: Words = ""
    client_code: Words = ""


class Account(Received):
    """An account of the chart; third parties' accounts are among them."""

    id: int
    number: str
    label: Words = ""
    enabled: bool = True
    archived_at: str | None = None

    @property
    def closed(self) -> bool:
        """Whether it takes no new line."""
        return not self.enabled or self.archived_at is not None


class Journal(Received):
    """A journal; the values of `type` are not enumerated by the vendor."""

    id: int
    code: str
    label: Words = ""
    type: Words = ""


class Year(Received):
    """A fiscal year; both dates belong to it."""

    start: date
    finish: date
    status: Literal["open", "reopen", "closed", "frozen"]


class Attachment(Received):
    """What is attached to an entry."""

    filename: Words = ""


class Entry(Received):
    """An entry as the books show it."""

    id: int
    label: Words = ""
    attachment: Attachment | None = None


class Created(Received):
    """Anything that was just created and has an id."""

    id: int


class Grant(Received):
    """`POST /oauth/token` (RFC 6749, 5.1). `expires_in` is in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int


COMPANIES = TypeAdapter(Page[Company])
ACCOUNTS = TypeAdapter(Page[Account])
ACCOUNT = TypeAdapter(Account)
JOURNALS = TypeAdapter(Page[Journal])
YEARS = TypeAdapter(Page[Year])
ENTRIES = TypeAdapter(Page[Entry])
ENTRY = TypeAdapter(Entry)
CREATED = TypeAdapter(Created)
GRANT = TypeAdapter(Grant)
