"""What a test, a demo or the stand-in platform asks a stand-in software to hold.

Words of the kit, not of a vendor: journal types are those of `qontable.events.reference`, accounts are numbers.
"""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from qontable.events.reference import JournalType

ROOT_LENGTH = 3


class SeedPart(BaseModel):
    """A piece of a seed; unknown keys are mistakes of its author and are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class AccountSeed(SeedPart):
    """An account of the chart."""

    number: str = Field(min_length=1)
    label: str
    closed: bool = False


class SubsidiarySeed(SeedPart):
    """A third party's account: its code at Qonto, and the general account it belongs to."""

    code: str = Field(min_length=1)
    label: str
    account: str = Field(min_length=ROOT_LENGTH)
    closed: bool = False

    @property
    def number(self) -> str:
        """Its number in a software that has one field for both."""
        return account_number(self.code, self.account)


class JournalSeed(SeedPart):
    """A journal; `account` is the number of the account that a bank journal balances against."""

    code: str = Field(min_length=1)
    name: str
    type: JournalType
    account: str | None = None
    locked: bool = False
    closed: bool = False


class FiscalYearSeed(SeedPart):
    """A fiscal year: both dates belong to it."""

    start: date
    end: date
    closed: bool = False


class SectionSeed(SeedPart):
    """A section of an analytic axis."""

    code: str
    label: str


class AxisSeed(SeedPart):
    """An analytic axis with its sections."""

    code: str
    label: str
    sections: tuple[SectionSeed, ...] = ()


class SoftwareFileSeed(SeedPart):
    """A client file in a software. Seeding it again adds what is new; what is named again gets the state named."""

    connector: str
    firm: str
    code: str = Field(min_length=1)
    name: str
    siret: str | None = None
    unique_references: bool = True
    answers_with_entry: bool = True
    accounts: tuple[AccountSeed, ...] = ()
    subsidiaries: tuple[SubsidiarySeed, ...] = ()
    journals: tuple[JournalSeed, ...] = ()
    fiscal_years: tuple[FiscalYearSeed, ...] = ()
    axes: tuple[AxisSeed, ...] = ()


class TokenSeed(SeedPart):
    """A key of the firm's: for one software file where `software_file` (its code) says which, else for all.

    `secret` goes with it where a software asks for one. `requests` per `seconds` and `concurrent` grant more or less
    than the vendor's own limits. `scopes` None is every scope of a vendor that has scopes.
    """

    connector: str
    firm: str
    token: SecretStr
    secret: SecretStr = SecretStr("")
    software_file: str | None = None
    activated: bool = False
    revoked: bool = False
    disconnected: bool = False
    forbidden_routes: tuple[str, ...] = ()
    requests: int | None = Field(None, gt=0)
    seconds: float | None = Field(None, gt=0)
    concurrent: int | None = Field(None, gt=0)
    scopes: tuple[str, ...] | None = None


class GrantSeed(SeedPart):
    """What a firm granted an application: a `code` to be exchanged once, or a `refresh` token, for so many seconds."""

    connector: str
    firm: str
    client_id: str = Field(min_length=1)
    client_secret: SecretStr
    kind: Literal["code", "refresh"]
    token: SecretStr
    redirect_uri: str | None = None
    scopes: tuple[str, ...] | None = None
    seconds: float = Field(gt=0)


def account_number(code: str, account: str) -> str:
    """A third party's number where a software has one field for general account and code.

    The first three digits of the general account stand in front (`qonto-domain.md` 4.5: 401x gives `401EDF`); a code
    that has them already is left as it is.
    """
    root = account[:ROOT_LENGTH]
    return code if code.startswith(root) else root + code
