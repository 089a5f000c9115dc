"""The data sheet of a connector: everything about an accounting software that is data, not code (DESIGN 7).

It drives the wizard, the pre-flight, the cutting of labels, the throttle, the reading of answers and the
documentation. It is written as `sheet.toml` in the connector's folder, validated at start-up and announced on
`connector.announced`. What public material leaves open is marked `assumed`.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from qontable.bilingual import Bilingual

Evidence = Literal["documented", "corroborated", "assumed"]
Outcome = Literal["accepted", "rejected", "throttled", "not_sent", "unknown"]


class SheetPart(BaseModel):
    """A piece of a sheet. Who reads one from a topic ignores keys that a newer connector may have added."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class WizardField(SheetPart):
    """One value that a person types to connect: `secret` ones are sealed and never shown again.

    One that is not `required` may be left empty: the software is reached by another way then.
    """

    name: str
    label: Bilingual
    help: Bilingual
    secret: bool
    pattern: str = r".+"
    required: bool = True


class Limit(SheetPart):
    """A length limit, what happens beyond it, and how well it is known.

    `cut` shortens and says so; `refuse` returns the entry; `cut_after_collision_check` shortens a code only when no
    other account of the file becomes the same (DESIGN 7).
    """

    max: int = Field(gt=0)
    overflow: Literal["cut", "refuse", "cut_after_collision_check"]
    characters: str | None = None
    evidence: Evidence
    source: str


class Limits(SheetPart):
    """Limits per field; `label_by_kind` overrides `label` for an entry kind. Absent means no known limit."""

    label: Limit | None = None
    label_by_kind: dict[str, Limit] = Field(default_factory=dict)
    account: Limit | None = None
    subsidiary: Limit | None = None
    piece: Limit | None = None
    invoice_number: Limit | None = None
    lines: Limit | None = None

    def label_limit(self, kind: str) -> Limit | None:
        """The limit of a label in an entry of this kind."""
        return self.label_by_kind.get(kind, self.label)


class DocumentRules(SheetPart):
    """What documents the software takes with an entry: how many, how large (bytes), which media types."""

    max_count: int | None = None
    max_bytes: int
    media_types: tuple[str, ...]
    max_name: int
    resend_alone: bool
    evidence: Evidence
    source: str


class AccountRules(SheetPart):
    """How the software names accounts: which roots are always subsidiary, and what happens to a missing one.

    `named_by` is what an entry's line names an account by; `form` says to people how a subsidiary code is written.
    """

    named_by: Literal["id", "number", "number_and_code"] | None = None
    form: Bilingual | None = None
    subsidiary_roots: tuple[str, ...] = ()
    subsidiary_prefix: bool = False
    missing_subsidiary: Literal["must_exist", "created_on_policy", "created_by_software"]
    missing_account: Literal["must_exist", "created_on_policy", "created_by_software"]
    evidence: Evidence
    source: str


class Fact(SheetPart):
    """A capability or behaviour: what holds, how well it is known, and from where.

    `label` names it to people where it is not one of the capabilities that many softwares share.
    """

    value: bool | int | float | str
    label: Bilingual | None = None
    evidence: Evidence
    source: str
    note: Bilingual | None = None


class SheetThrottle(SheetPart):
    """The vendor's own limit per connection."""

    requests: int = Field(gt=0)
    seconds: float = Field(gt=0)
    concurrent: int = Field(gt=0)
    evidence: Evidence
    source: str


class SheetPrerequisite(SheetPart):
    """Something that must hold in the software before a file works, and what to do when it does not.

    `tested_by` is the call that tests it; without one it needs a person's eyes.
    """

    name: str
    tested_by: str | None = None
    label: Bilingual
    remedy: Bilingual
    evidence: Evidence
    source: str


class ErrorRule(SheetPart):
    """One row of the error table: which answers it covers, what they mean for a delivery, and the remedy.

    An answer matches when every given condition does: HTTP `status`, vendor `code` (a regular expression, whole
    match), `text` (a regular expression, anywhere in the message). The first matching row wins.
    """

    status: tuple[int, ...] = ()
    code: str | None = None
    text: str | None = None
    outcome: Outcome
    category: str
    lookup: bool = False
    remedy: Bilingual
    evidence: Evidence = "documented"

    @field_validator("code", "text")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error:
            raise ValueError("not a regular expression") from None
        return pattern

    def matches(self, status: int | None, code: str | None, text: str) -> bool:
        """Whether an answer with this status, vendor code and message is covered by this row."""
        return (
            (not self.status or status in self.status)
            and (self.code is None or (code is not None and re.fullmatch(self.code, code) is not None))
            and (self.text is None or re.search(self.text, text, re.IGNORECASE) is not None)
        )


class Point(SheetPart):
    """One thing that a user is told, how well it is known, and from where."""

    text: Bilingual
    evidence: Evidence
    source: str


class Article(SheetPart):
    """What a user reads before connecting: what to prepare, the steps of activation in order, the software's own rules.

    Only what the rest of the sheet does not say: limits, prerequisites, capabilities and errors are rendered from
    where they stand.
    """

    prepare: tuple[Point, ...] = ()
    activate: tuple[Point, ...] = ()
    rules: tuple[Point, ...] = ()


class Sheet(SheetPart):
    """The whole sheet. `settles_within` is the number of seconds after which a sent entry must be findable.

    `not_applicable` names scenarios of the conformance suite that this software knows no case of, each with the reason.
    """

    connector: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: str
    version: int = Field(ge=1)
    wizard: tuple[WizardField, ...]
    frequencies: tuple[Literal["real_time", "daily", "manual"], ...]
    weekly_accounts: bool
    throttle: SheetThrottle
    request_timeout: float = Field(gt=0)
    settles_within: Fact
    unique_references: Fact
    limits: Limits
    documents: DocumentRules
    accounts: AccountRules
    prerequisites: tuple[SheetPrerequisite, ...] = ()
    capabilities: dict[str, Fact]
    errors: tuple[ErrorRule, ...]
    article: Article | None = None
    not_applicable: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ends_with_a_catch_all(self) -> "Sheet":
        if not self.errors or self.errors[-1].status or self.errors[-1].code or self.errors[-1].text:
            raise ValueError("the last error rule must match every answer, so that none is left without an outcome")
        return self

    @property
    def lists_software_files(self) -> bool:
        """Whether the software tells which client files it has. Where it has no such call, people type their codes."""
        return self._has("lists_software_files")

    @property
    def lists_fiscal_years(self) -> bool:
        """Whether the software tells its fiscal years. Where it has no such call, it alone judges an entry's date."""
        return self._has("fiscal_years")

    def _has(self, capability: str) -> bool:
        """Whether the software has a call that the port takes for granted: sheets name it where there is none."""
        fact = self.capabilities.get(capability)
        return fact is None or bool(fact.value)

    def error_rule(self, status: int | None, code: str | None, text: str) -> ErrorRule:
        """The row that covers an answer; there always is one."""
        return next(rule for rule in self.errors if rule.matches(status, code, text))


def load_sheet(path: Path) -> Sheet:
    """Read and validate a `sheet.toml`. Raises `pydantic.ValidationError` naming every mistake and unknown key."""
    return Sheet.model_validate(tomllib.loads(path.read_text(encoding="utf-8")), extra="forbid")
