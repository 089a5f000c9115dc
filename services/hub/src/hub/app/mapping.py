"""Tying client files to software files, and untying them.

What is on its way when a file is tied elsewhere is recalled by `entries`, which hears of it by the event; while an
outcome is unknown the tie stays, because nobody could say in which books the entry is (DESIGN 5).
"""

from asyncpg import UniqueViolationError

from hub.adapters import files as file_rows
from hub.adapters import integrations, references, software_files
from hub.app import connections
from hub.app.files import consequence_for, hold, refuse_closed, say, working_connection
from hub.app.hub import Action
from hub.domain.client_file import ClientFile
from hub.domain.connection import Connection, Consequence
from hub.domain.problem import Refused
from hub.domain.suggestion import Suggestion, same_company, suggest
from qontable.database import Connection as Db
from qontable.events.hub import SoftwareFile


async def map_file(
    action: Action, file_id: str, *, connection_id: str, software_file_id: str, siren_mismatch_confirmed: bool
) -> tuple[ClientFile, Consequence]:
    """Tie a file to a software file, to be activated anew; tying it again as it is changes nothing.

    Where a software does not tell which files it has, its file is named by the code that a person types: whether there
    is one, the software says when its reference data are asked for, or a check of that file.

    Raises `Refused`: file_unknown, file_closed, connection_unknown, connection_not_confirmed, connection_disabled,
    software_file_unknown, siren_mismatch, outcome_unknown, software_file_taken.
    """
    file = await hold(action, file_id)
    refuse_closed(file)
    connection = await working_connection(action.db, action.firm_id, connection_id)
    found = await _software_file(action, connection, software_file_id)
    consequence = await consequence_for(action, file_id)
    if _is_tied(file, connection_id, software_file_id):
        return file, consequence
    if same_company(file.siren, found.siren) is False and not siren_mismatch_confirmed:
        raise Refused("siren_mismatch", siren=file.siren, software_siren=found.siren)
    _refuse_undecided(file, consequence)
    await _tie(action, file_id, connection, found)
    await references.forget_version(action.db, action.firm_id, file_id)
    await action.note(
        "file.mapped",
        file_id,
        connection_id=connection_id,
        software_file_id=software_file_id,
        siren_mismatch_confirmed=siren_mismatch_confirmed,
    )
    return await say(action, file_id), consequence


async def unmap_file(action: Action, file_id: str) -> tuple[ClientFile, Consequence]:
    """Untie a file; untying one that is tied to nothing changes nothing.

    Raises `Refused`: file_unknown, outcome_unknown.
    """
    file = await hold(action, file_id)
    consequence = await consequence_for(action, file_id)
    if file.connection_id is None:
        return file, consequence
    _refuse_undecided(file, consequence)
    await integrations.clear_mapping(action.db, action.firm_id, file_id)
    await references.forget_version(action.db, action.firm_id, file_id)
    await action.note("file.unmapped", file_id, connection_id=file.connection_id, **consequence.model_dump())
    return await say(action, file_id), consequence


async def suggest_mapping(db: Db, firm_id: str, connection_id: str, file_id: str | None) -> list[Suggestion]:
    """For each client file that is tied to nothing, the free software files it may be.

    Raises `Refused` connection_unknown.
    """
    await connections.read(db, firm_id, connection_id)
    free = await software_files.free_software_files(db, firm_id, connection_id)
    return suggest(await file_rows.unmapped_files(db, firm_id, file_id), free)


async def _software_file(action: Action, connection: Connection, software_file_id: str) -> SoftwareFile:
    """The file as the software listed it, or as it was typed. Raises `Refused` software_file_unknown."""
    listed = await software_files.find_software_file(
        action.db, action.firm_id, connection.connection_id, software_file_id
    )
    if listed is not None:
        return listed
    software, _ = await connections.read_connector(action.db, connection.connector)
    if software.sheet.lists_software_files:
        raise Refused("software_file_unknown", software_file_id=software_file_id)
    return SoftwareFile(software_file_id=software_file_id, name=software_file_id, code=software_file_id)


async def _tie(action: Action, file_id: str, connection: Connection, software_file: SoftwareFile) -> None:
    """The unique index decides who gets a software file that two people choose at once."""
    try:
        async with action.db.transaction():
            await integrations.set_mapping(
                action.db,
                action.firm_id,
                file_id,
                connection_id=connection.connection_id,
                connector=connection.connector,
                software_file=software_file,
            )
    except UniqueViolationError:
        software_file_id = software_file.software_file_id
        taken_by = await integrations.tied_to(action.db, action.firm_id, connection.connection_id, software_file_id)
        raise Refused("software_file_taken", software_file_id=software_file_id, tied_to=taken_by) from None


def _is_tied(file: ClientFile, connection_id: str, software_file_id: str) -> bool:
    return (
        file.connection_id == connection_id
        and file.software_file is not None
        and file.software_file.software_file_id == software_file_id
    )


def _refuse_undecided(file: ClientFile, consequence: Consequence) -> None:
    undecided = consequence.unknown + consequence.parked
    if undecided:
        raise Refused("outcome_unknown", file_id=file.file_id, count=undecided)
