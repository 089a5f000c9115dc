"""Import files that people ask for, and what came of each."""

import datetime
from hashlib import sha256
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from qontable.events.base import Id, Text
from qontable.events.delivery import StatusFinding
from qontable.events.export import ExportedFile

ExportState = Literal["requested", "written", "stopped", "recalled"]


RECALLED = StatusFinding(
    code="export_recalled",
    message={
        "fr": "Le fichier d'import n'a pas été écrit : une de ses écritures a été reprise, ou cela durait trop.",
        "en": "The import file was not written: one of its entries was taken back, or it took too long.",
    },
    remedy={
        "fr": "Rien n'est perdu : les écritures sont de nouveau prêtes. Demandez l'export une nouvelle fois.",
        "en": "Nothing is lost: the entries are ready again. Ask for the export once more.",
    },
)
"""Why there is no file, where nobody has said more of it."""


class FiscalYear(BaseModel):
    """The fiscal year that a file holds, both ends included."""

    model_config = ConfigDict(extra="forbid")

    start: datetime.date
    end: datetime.date


class ExportWish(BaseModel):
    """What a person says of an import file: by its format, or by the software that shall read it.

    The period includes both ends; an absent one is open. `again` writes what is in the books already, and changes
    nothing. `folder` is the file's number in the software, its code by default; `account_length` how long accounts are
    there.
    """

    model_config = ConfigDict(extra="forbid")

    format: Id | None = None
    software: Id | None = None
    with_documents: bool = True
    again: bool = False
    first: datetime.date | None = None
    last: datetime.date | None = None
    fiscal_year: FiscalYear | None = None
    folder: Text | None = Field(None, max_length=100)
    account_length: int = Field(0, ge=0, le=20)

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.format is None) == (self.software is None):
            raise ValueError("either a format or a software")
        if self.first and self.last and self.first > self.last:
            raise ValueError("the period ends before it begins")
        if self.fiscal_year and self.fiscal_year.start >= self.fiscal_year.end:
            raise ValueError("the fiscal year ends before it begins")
        return self


class Export(BaseModel):
    """One import file of one client file: what was asked for, and once it has ended, what came of it.

    `left_out` counts entries of the period that were not exported, by reason; `findings` are the first ones, `counts`
    says how many there are of each code.
    """

    export_id: str
    file_id: str
    state: ExportState
    wish: ExportWish
    format: str
    requested_by: str
    requested_at: datetime.datetime
    completed_at: datetime.datetime | None = None
    files: list[ExportedFile] = []
    entries: int = 0
    lines: int = 0
    documents: int = 0
    debit: str = "0.00"
    credit: str = "0.00"
    findings: list[StatusFinding] = []
    counts: dict[str, int] = {}
    left_out: dict[str, int] = {}

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.state == "recalled" and not self.findings:
            self.findings = [RECALLED]
        return self


def export_id_of(firm_id: str, request_id: str, file_id: str) -> str:
    """The id of a request's export of one file: the same each time the request is made."""
    named = "\x1f".join((firm_id, request_id, file_id)).encode()
    return f"exp_{sha256(named).hexdigest()[:32]}"
