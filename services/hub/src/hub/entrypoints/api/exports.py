"""Import files: their formats, asking for them, their history, links to them."""

import datetime
from typing import Annotated

from fastapi import APIRouter, Body, status
from pydantic import BaseModel, Field

from hub.adapters import exports as rows
from hub.app import exports, files
from hub.domain.cursor import read_cursor
from hub.domain.export import Export, ExportWish
from hub.entrypoints.api import values
from hub.entrypoints.api.access import SignedIn, TheHub, TheSettings
from hub.entrypoints.api.refusals import refuses
from qontable.events.base import Id
from qontable.events.export import FormatLimit, Need

router = APIRouter(tags=["Import files"])


class Format(BaseModel):
    """A format: what it is called, who reads it, its limits, and what an export in it has to say (`needs`).

    `softwares` are those that read it, `first_for` those that should try it before the others.
    """

    format: str
    title: str
    file_name: str
    softwares: list[str]
    first_for: list[str]
    limits: list[FormatLimit]
    max_lines: int | None
    documents: bool
    needs: list[Need]


class Formats(BaseModel):
    """Every format."""

    formats: list[Format]


class ExportRequest(ExportWish):
    """Which client files, and how. `request_id` is the caller's own: the same request sent twice is one."""

    file_ids: list[Id] = Field(min_length=1, max_length=values.MOST_ROWS)
    request_id: Id | None = None

    def wish(self) -> ExportWish:
        """What is said of each file."""
        return ExportWish(**self.model_dump(exclude={"file_ids", "request_id"}))


class Exports(BaseModel):
    """Exports, and where their list goes on."""

    exports: list[Export]
    next: str | None = None


class WantedFile(values.Body):
    """A file of an export, by its name."""

    name: values.ShortText


class FileLink(BaseModel):
    """Where a file is fetched; it answers until `expires_at` and to whoever has it: hand it on to nobody."""

    url: str
    expires_at: datetime.datetime


@router.get("/export-formats", responses=refuses())
async def list_formats(caller: SignedIn, hub: TheHub) -> Formats:
    """The formats in which import files can be written."""
    async with hub.look(caller.firm_id) as db:
        found = await rows.list_formats(db)
    return Formats(formats=[Format.model_validate(announced.model_dump()) for announced in found])


@router.post(
    "/exports",
    status_code=status.HTTP_202_ACCEPTED,
    responses=refuses(
        "file_unknown",
        "file_closed",
        "export_format_unknown",
        "export_siren_missing",
        "export_fiscal_year_missing",
        "export_request_reused",
    ),
)
async def request_exports(caller: SignedIn, hub: TheHub, body: Annotated[ExportRequest, Body()]) -> Exports:
    """Write what is ready in these files. Journals that do not fit take the codes of the file's journal map."""
    async with hub.act(caller) as action:
        asked = await exports.request(action, body.file_ids, body.wish(), body.request_id)
    return Exports(exports=asked)


@router.get("/exports", responses=refuses("file_unknown", "invalid_cursor"))
async def list_exports(
    caller: SignedIn,
    hub: TheHub,
    file_id: values.Reference = None,
    cursor: values.Cursor = None,
    limit: values.Limit = 100,
) -> Exports:
    """The firm's exports, or those of one client file, latest first."""
    before = read_cursor(cursor, _moment) if cursor else None
    async with hub.look(caller.firm_id) as db:
        if file_id is not None:
            await files.read(db, caller.firm_id, file_id)
        found, following = await rows.list_exports(db, caller.firm_id, file_id=file_id, before=before, limit=limit)
    return Exports(exports=found, next=following)


@router.get("/exports/{export_id}", responses=refuses("export_unknown"))
async def read_export(caller: SignedIn, hub: TheHub, export_id: Id, wait: values.Wait = 0) -> Export:
    """One export: where it stands, its files, what was found."""
    return await exports.wait_for(hub, caller, export_id, wait)


@router.post(
    "/exports/{export_id}/links",
    status_code=status.HTTP_201_CREATED,
    responses=refuses("export_unknown", "export_file_unknown"),
)
async def give_link(
    caller: SignedIn, hub: TheHub, settings: TheSettings, export_id: Id, body: Annotated[WantedFile, Body()]
) -> FileLink:
    """A link to a file of an export, for a quarter of an hour."""
    secret = settings.exports_secret.get_secret_value()
    async with hub.act(caller) as action:
        link = await exports.give_link(action, export_id, body.name, settings.exports_url, secret)
    return FileLink(url=link.url, expires_at=link.expires_at)


def _moment(key: list[str]) -> tuple[datetime.datetime, str]:
    moment = datetime.datetime.fromisoformat(key[0])
    if moment.tzinfo is None:
        raise ValueError("a cursor's moment has a time zone")
    return moment, key[1]
