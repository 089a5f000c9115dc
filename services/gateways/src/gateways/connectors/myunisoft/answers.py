"""What MyUnisoft's routes answer, as far as we read it. Field names are the vendor's; fields we do not use are ignored.

Sources: vendor facts, section 1, and the pages of MyUnisoft/api-partenaires named in the data sheet.
"""

from datetime import date, datetime
from typing import Annotated

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter


def _day(text: object) -> object:
    """Years are dated `YYYYMMDD`, everything else ISO."""
    return datetime.strptime(text, "%Y%m%d").date() if isinstance(text, str) and text.isdecimal() else text  # noqa: DTZ007


def _words(text: object) -> object:
    return "" if text is None else text


def _flag(value: object) -> object:
    return False if value is None else value


Day = Annotated[date, BeforeValidator(_day)]
Words = Annotated[str, BeforeValidator(_words)]
Flag = Annotated[bool, BeforeValidator(_flag)]


class Received(BaseModel):
    """An answer never quotes itself in an error: it may hold names and bank details."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Target(Received):
    """What a token opens: one file (`api`) or a firm's files (`firm`)."""

    type: str
    societyId: int | None = None  # noqa: N815 - the vendor's name


class KeyInfo(Received):
    """`GET /key/info?mode=extended`."""

    target: Target
    isActivated: bool = True  # noqa: N815 - the vendor's name


class Society(Received):
    """A file of the firm; `folder_reference` is the firm's own code for it."""

    society_id: int
    name: Words = ""
    siret: Words = ""
    folder_reference: Words = ""


class SocietyPage(Received):
    """`GET /society`: the counts are null when everything is here."""

    society_array: tuple[Society, ...]
    row_numbers: int | None = None
    pages_number: int | None = None

    @property
    def whole(self) -> bool:
        """Whether this page is the whole list."""
        return (self.pages_number or 1) <= 1 or len(self.society_array) >= (self.row_numbers or 0)


class Account(Received):
    """An account of the chart. `blocked` and `closed` both mean that it takes no new line."""

    account_id: int
    account_number: str
    label: Words = ""
    blocked: Flag = False
    closed: Flag = False


class AccountPage(Received):
    """`GET /account?mode=2`."""

    account_array: tuple[Account, ...]
    rows_number: int | None = None
    pages_number: int | None = None

    @property
    def whole(self) -> bool:
        """Whether this page holds every account that was asked for."""
        return (self.pages_number or 1) <= 1 or len(self.account_array) >= (self.rows_number or 0)


class DiaryAccount(Received):
    """The account that a bank journal balances against."""

    number: str


class Diary(Received):
    """A journal. A journal without type cannot be booked on (JOURNAL9)."""

    diary_id: int
    code: str
    name: Words = ""
    diary_type_code: Words = ""
    blocked: Flag = False
    closed: Flag = False
    account: DiaryAccount | None = None


class Exercice(Received):
    """A fiscal year; both dates belong to it."""

    start_date: Day
    end_date: Day
    closed: Flag = False


class Axis(Received):
    """An analytic axis."""

    id_axe: int
    code: str
    label: Words = ""


class Section(Received):
    """A section of an analytic axis."""

    id_section_analytique: int
    code: str
    label: Words = ""


class FoundEntry(Received):
    """`GET /entry/id?id_origin=`: the id of an entry, which changes when a pending one is approved."""

    id_entry: int


class BookedEntry(Received):
    """An entry inside the answer to a write; both spellings of its id are met on other routes."""

    entry_id: int = Field(validation_alias=AliasChoices("entry_id", "id_entry"))


class BookedEntries(Received):
    """What a write answers, as far as it is documented for other routes; assumed for this one."""

    entry_array: tuple[BookedEntry, ...]


KEY_INFO = TypeAdapter(KeyInfo)
SOCIETIES = TypeAdapter(SocietyPage)
ACCOUNTS = TypeAdapter(AccountPage)
ACCOUNT = TypeAdapter(Account)
DIARIES = TypeAdapter(tuple[Diary, ...])
EXERCICES = TypeAdapter(tuple[Exercice, ...])
AXES = TypeAdapter(tuple[Axis, ...])
SECTIONS = TypeAdapter(tuple[Section, ...])
FOUND = TypeAdapter(FoundEntry)
BOOKED: TypeAdapter[BookedEntries | BookedEntry] = TypeAdapter(BookedEntries | BookedEntry)
