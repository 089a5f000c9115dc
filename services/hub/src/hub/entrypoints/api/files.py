"""Client files: their list, their mapping and activation, their reference data."""

import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Body, status
from pydantic import BaseModel, Field

from hub.adapters import file_creations, software_files
from hub.adapters import files as rows
from hub.app import activation, connections, creating, files, mapping, mapping_table, refreshing
from hub.domain.client_file import BeforeSendFrom, ClientFile, FileState, Refresh
from hub.domain.connection import Consequence, ListedSoftwareFile
from hub.domain.cursor import read_cursor
from hub.domain.file_creation import FileCreation
from hub.domain.mapping_table import Line
from hub.domain.suggestion import Suggestion
from hub.entrypoints.api import values
from hub.entrypoints.api.access import SignedIn, TheHub
from hub.entrypoints.api.refusals import refuses
from hub.entrypoints.api.sending import shown
from qontable.events.base import Id
from qontable.events.hub import FilePolicies
from qontable.events.reference import REFERENCE_KINDS, ReferenceKind

router = APIRouter(tags=["Client files"])


class SoftwareFiles(BaseModel):
    """A page of a connection's software files."""

    software_files: list[ListedSoftwareFile]
    next: str | None


class Suggestions(BaseModel):
    """The likeliest software files of client files that are tied to nothing."""

    suggestions: list[Suggestion]


class Files(BaseModel):
    """A page of client files."""

    files: list[ClientFile]
    next: str | None


class Mapping(values.Body):
    """The software file to tie a client file to."""

    connection_id: Id
    software_file_id: Id
    siren_mismatch_confirmed: bool = False


class MappingOfFile(values.Body):
    """A client file, by id, code or SIREN, and the software file to tie it to, by id or code."""

    file: values.Name
    software_file: values.Name
    siren_mismatch_confirmed: bool = False


class Mappings(values.Body):
    """Many client files to tie at once."""

    mappings: list[MappingOfFile] = Field(min_length=1, max_length=500)


class Mapped(BaseModel):
    """How many client files are tied as they were named."""

    mapped: int


class WantedFiles(values.Body):
    """Software files for which Qonto has no client file."""

    software_file_ids: list[Id] = Field(min_length=1, max_length=500)


class FileCreations(BaseModel):
    """Client files that were asked of the platform."""

    creations: list[FileCreation]


class Activation(values.Body):
    """From which date entries leave, and what becomes of those dated before."""

    send_from: datetime.date
    before_send_from: BeforeSendFrom


class JournalMap(values.Body):
    """Journal code in Qonto → journal code in the software."""

    journal_map: dict[values.JournalCode, values.JournalCode] = Field(max_length=500)


class Policies(values.Body):
    """What is done where the software leaves a choice, and the day up to which the firm has closed the books."""

    create_missing_accounts: bool
    ask_before_creating: bool = False
    possible_duplicates: Literal["ask", "send"]
    missing_documents: Literal["warn", "hold"] = "warn"
    closed_until: datetime.date | None = None


class RefreshRequest(values.Body):
    """Which kinds of reference data to retrieve."""

    kinds: list[ReferenceKind] = Field(list(REFERENCE_KINDS), min_length=1, max_length=len(REFERENCE_KINDS))


class ChangedFile(BaseModel):
    """The file, and what the change means for entries on their way."""

    file: ClientFile
    consequence: Consequence


@router.get("/connections/{connection_id}/software-files", responses=refuses("connection_unknown", "invalid_cursor"))
async def list_software_files(
    caller: SignedIn,
    hub: TheHub,
    connection_id: Id,
    q: values.Search = None,
    cursor: values.Cursor = None,
    limit: values.Limit = 100,
) -> SoftwareFiles:
    """The files that the connection's software has, by name, and the client files tied to them."""
    after = read_cursor(cursor, lambda key: (key[0], key[1])) if cursor else None
    async with hub.look(caller.firm_id) as db:
        await connections.read(db, caller.firm_id, connection_id)
        found, following = await software_files.list_software_files(
            db, caller.firm_id, connection_id, text=q, after=after, limit=limit
        )
    return SoftwareFiles(software_files=found, next=following)


@router.get("/connections/{connection_id}/suggestions", responses=refuses("connection_unknown"))
async def suggest_mapping(
    caller: SignedIn, hub: TheHub, connection_id: Id, file_id: values.Reference = None
) -> Suggestions:
    """For each client file that is tied to nothing, the software files it may be, by SIREN, code and name."""
    async with hub.look(caller.firm_id) as db:
        found = await mapping.suggest_mapping(db, caller.firm_id, connection_id, file_id)
    return Suggestions(suggestions=found)


@router.post(
    "/connections/{connection_id}/file-creations",
    status_code=status.HTTP_202_ACCEPTED,
    responses=refuses(
        "connection_unknown",
        "connection_not_confirmed",
        "connection_disabled",
        "software_file_unknown",
        "software_file_taken",
        "client_file_exists",
        "client_file_created",
    ),
)
async def create_files(caller: SignedIn, hub: TheHub, connection_id: Id, body: WantedFiles) -> FileCreations:
    """Have client files created in Qonto for these software files, and mapped to them; asking twice is asking once."""
    async with hub.act(caller) as action:
        return FileCreations(creations=await creating.ask(action, connection_id, body.software_file_ids))


@router.get("/connections/{connection_id}/file-creations", responses=refuses("connection_unknown"))
async def list_creations(caller: SignedIn, hub: TheHub, connection_id: Id) -> FileCreations:
    """The client files that were asked for, latest first."""
    async with hub.look(caller.firm_id) as db:
        await connections.read(db, caller.firm_id, connection_id)
        return FileCreations(creations=await file_creations.list_creations(db, caller.firm_id, connection_id))


@router.get("/files", responses=refuses("invalid_cursor"))
async def list_files(
    caller: SignedIn,
    hub: TheHub,
    q: values.Search = None,
    state: FileState | None = None,
    connection_id: values.Reference = None,
    cursor: values.Cursor = None,
    limit: values.Limit = 100,
) -> Files:
    """The firm's client files by name; closed ones only when they are asked for."""
    after = read_cursor(cursor, lambda key: (key[0], key[1])) if cursor else None
    async with hub.look(caller.firm_id) as db:
        found, following = await rows.list_files(
            db, caller.firm_id, text=q, state=state, connection_id=connection_id, after=after, limit=limit
        )
    return Files(files=[shown(hub, file) for file in found], next=following)


@router.get("/files/{file_id}", responses=refuses("file_unknown"))
async def read_file(caller: SignedIn, hub: TheHub, file_id: Id) -> ClientFile:
    """One client file and its integration."""
    async with hub.look(caller.firm_id) as db:
        return shown(hub, await files.read(db, caller.firm_id, file_id))


@router.put(
    "/files/{file_id}/mapping",
    responses=refuses(
        "file_unknown",
        "file_closed",
        "connection_unknown",
        "connection_not_confirmed",
        "connection_disabled",
        "software_file_unknown",
        "software_file_taken",
        "siren_mismatch",
        "outcome_unknown",
    ),
)
async def map_file(caller: SignedIn, hub: TheHub, file_id: Id, body: Mapping) -> ChangedFile:
    """Tie the file to a software file, to be activated anew. What is on its way elsewhere is recalled."""
    async with hub.act(caller) as action:
        file, consequence = await mapping.map_file(
            action,
            file_id,
            connection_id=body.connection_id,
            software_file_id=body.software_file_id,
            siren_mismatch_confirmed=body.siren_mismatch_confirmed,
        )
    return ChangedFile(file=shown(hub, file), consequence=consequence)


@router.post(
    "/connections/{connection_id}/mappings",
    responses=refuses("connection_unknown", "connection_not_confirmed", "connection_disabled", "table_refused"),
)
async def map_files(caller: SignedIn, hub: TheHub, connection_id: Id, body: Mappings) -> Mapped:
    """Tie all of these files, or none. `errors` of a refusal names each by its place in the list, counted from 1."""
    lines = [
        Line(number, wish.file, wish.software_file, wish.siren_mismatch_confirmed)
        for number, wish in enumerate(body.mappings, start=1)
    ]
    async with hub.act(caller) as action:
        return Mapped(mapped=await mapping_table.map_lines(action, connection_id, lines))


@router.delete("/files/{file_id}/mapping", responses=refuses("file_unknown", "outcome_unknown"))
async def unmap_file(caller: SignedIn, hub: TheHub, file_id: Id) -> ChangedFile:
    """Tie the file to nothing. What is on its way is recalled."""
    async with hub.act(caller) as action:
        file, consequence = await mapping.unmap_file(action, file_id)
    return ChangedFile(file=shown(hub, file), consequence=consequence)


@router.put(
    "/files/{file_id}/activation",
    responses=refuses("file_unknown", "file_closed", "file_not_mapped", "connection_disabled"),
)
async def activate(caller: SignedIn, hub: TheHub, file_id: Id, body: Activation) -> ChangedFile:
    """Let entries leave from a date on."""
    async with hub.act(caller) as action:
        file, consequence = await activation.activate(
            action, file_id, send_from=body.send_from, before_send_from=body.before_send_from
        )
    return ChangedFile(file=shown(hub, file), consequence=consequence)


@router.delete("/files/{file_id}/activation", responses=refuses("file_unknown"))
async def deactivate(caller: SignedIn, hub: TheHub, file_id: Id) -> ChangedFile:
    """Let nothing leave any more; the mapping is kept."""
    async with hub.act(caller) as action:
        file, consequence = await activation.deactivate(action, file_id)
    return ChangedFile(file=shown(hub, file), consequence=consequence)


@router.put("/files/{file_id}/journal-map", responses=refuses("file_unknown"))
async def change_journal_map(caller: SignedIn, hub: TheHub, file_id: Id, body: JournalMap) -> ClientFile:
    """Which journal of the software takes which journal of Qonto; journals not named keep their code."""
    async with hub.act(caller) as action:
        return shown(hub, await activation.change_journal_map(action, file_id, body.journal_map))


@router.put(
    "/files/{file_id}/policies",
    responses=refuses("file_unknown", "file_not_mapped", "connection_disabled", "creation_unsupported"),
)
async def change_policies(caller: SignedIn, hub: TheHub, file_id: Id, body: Policies) -> ClientFile:
    """What is done where the software leaves a choice: missing accounts, possible duplicates; and the closing date."""
    async with hub.act(caller) as action:
        policies = FilePolicies.model_validate(body.model_dump(mode="json"))
        return shown(hub, await activation.change_policies(action, file_id, policies))


@router.post(
    "/files/{file_id}/refresh",
    status_code=status.HTTP_202_ACCEPTED,
    responses=refuses("file_unknown", "file_closed", "file_not_mapped", "connection_disabled"),
)
async def refresh(
    caller: SignedIn, hub: TheHub, file_id: Id, body: Annotated[RefreshRequest | None, Body()] = None
) -> Refresh:
    """Refresh accounting data now. While a refresh is under way, this is that one."""
    async with hub.act(caller) as action:
        return await refreshing.refresh(action, file_id, body.kinds if body else REFERENCE_KINDS)


@router.get("/files/{file_id}/refresh", responses=refuses("file_unknown"))
async def read_refresh(caller: SignedIn, hub: TheHub, file_id: Id, wait: values.Wait = 0) -> Refresh:
    """Where the last refresh stands, and what the last one that came through changed."""
    return await refreshing.wait_for_refresh(hub, caller, file_id, wait)
