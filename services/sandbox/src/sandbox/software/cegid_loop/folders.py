"""A folder's switches: what an administrator sets in Loop Hub, and each thing that no published page decides."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from qontable.database import Connection
from sandbox.adapters.software_settings import settings_of


class MissingDocument(StrEnum):
    """What becomes of an import whose document cannot be fetched within its time."""

    BOOK_WITHOUT = "book_without"
    REFUSE = "refuse"


class FolderSettings(BaseModel):
    """Switches of a folder; every default that is not Loop Hub's own is assumed.

    `activated`: the integrator's connector is active on the folder. `waiting_seconds` until an import is taken up,
    `running_seconds` until it is decided. `partial`: of a refused import, the entries that are right are booked all the
    same; else all or nothing. `missing_document`: whether entries are booked at once and documents attached when they
    come, or not before all are there. `fetch_after_seconds`: when documents are fetched for the first time.
    `refuse_overlong`: labels and third-party codes that exceed the columns are refused; else cut. `last_period_only`:
    without `multiPeriode`, only the fiscal year opened last takes entries, as one sentence of the page can be read;
    else any one open year that holds the context. `origin_searchable`: a uuid that an import sets can be looked up.
    `establishments`: SIRETs of the folder beside its own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    activated: bool = True
    waiting_seconds: float = Field(0.0, ge=0)
    running_seconds: float = Field(0.0, ge=0)
    partial: bool = False
    missing_document: MissingDocument = MissingDocument.BOOK_WITHOUT
    fetch_after_seconds: float = Field(0.0, ge=0)
    refuse_overlong: bool = False
    last_period_only: bool = False
    origin_searchable: bool = True
    establishments: tuple[str, ...] = ()


async def folder_settings(connection: Connection, file_id: int) -> FolderSettings:
    """The switches of a folder as they are now."""
    return FolderSettings.model_validate(await settings_of(connection, file_id), strict=False)
