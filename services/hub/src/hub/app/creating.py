"""Client files created in Qonto for software files that have none: asked of the platform, tied when it answers."""

from collections.abc import Sequence
from datetime import timedelta

from asyncpg import UniqueViolationError

from hub.adapters import file_creations, files, integrations, software_files
from hub.adapters.audit import note
from hub.app.files import working_connection
from hub.app.hub import Action
from hub.domain.file_creation import FileCreation, by_company, creation_id_of
from hub.domain.problem import Refused
from hub.domain.suggestion import siren_number
from qontable.clock import now
from qontable.events.hub import FileCreationRequested, SoftwareFile
from qontable.events.platform import FileCreated
from qontable.unit import Unit

PATIENCE = timedelta(minutes=10)
"""How long a creation waits for the platform's answer before it may be asked for once more."""


async def ask(action: Action, connection_id: str, software_file_ids: Sequence[str]) -> list[FileCreation]:
    """Ask the platform for a client file for each of these software files, or for none of them if one needs none.

    What was asked for already is not asked again. Raises `Refused`: connection_unknown, connection_not_confirmed,
    connection_disabled, software_file_unknown, software_file_taken, client_file_exists, client_file_created.
    """
    connection = await working_connection(action.db, action.firm_id, connection_id)
    listed = await software_files.list_known(action.db, action.firm_id, connection_id)
    companies = by_company(await files.list_all(action.db, action.firm_id))
    created = await file_creations.created_for(action.db, action.firm_id, connection_id)
    wanted = list(dict.fromkeys(software_file_ids))
    asked_at = now()
    new = []
    for software_file_id in wanted:
        found = listed.get(software_file_id)
        if found is None:
            raise Refused("software_file_unknown", software_file_id=software_file_id)
        if found.tied_to is not None:
            raise Refused("software_file_taken", software_file_id=software_file_id, tied_to=found.tied_to)
        if software_file_id in created:
            raise Refused("client_file_created", software_file=found.name, file_id=created[software_file_id])
        existing = companies.get(siren_number(found.siren) or "")
        if existing:
            raise Refused("client_file_exists", software_file=found.name, siren=existing.siren, file=existing.name)
        event = FileCreationRequested(
            firm_id=action.firm_id,
            creation_id=creation_id_of(action.firm_id, connection_id, software_file_id),
            connection_id=connection_id,
            connector=connection.connector,
            software_file=SoftwareFile.model_validate(found.model_dump(exclude={"tied_to"})),
            requested_by=action.caller.user_id,
            requested_at=asked_at,
        )
        if await file_creations.keep_request(action.db, event, patience=PATIENCE):
            action.say(event)
            new.append(software_file_id)
    if new:
        await action.note("connection.files_wanted", connection_id, software_file_ids=new)
    creations = await file_creations.list_creations(action.db, action.firm_id, connection_id)
    return [creation for creation in creations if creation.software_file_id in wanted]


def is_awaited(creation: FileCreation) -> bool:
    """Whether the platform may still answer, so that asking again would change nothing."""
    return creation.state == "asked" and creation.requested_at >= now() - PATIENCE


async def tie_created(unit: Unit, events: Sequence[FileCreated]) -> None:
    """Tie client files that the platform created for us to what they were created for.

    Where the software file is gone or tied elsewhere by now, or the client file is tied, people decide.
    """
    for event in events:
        if event.creation_id is not None:
            await _tie(unit, event, event.creation_id)


async def _tie(unit: Unit, event: FileCreated, creation_id: str) -> None:
    db, firm_id, file_id = unit.connection, event.firm_id, event.file_id
    answered = await file_creations.answer(db, firm_id, creation_id, file_id, now())
    if answered is None:
        return
    found = await software_files.find_software_file(db, firm_id, answered.connection_id, answered.software_file_id)
    await integrations.lock_integration(db, firm_id, file_id)
    file = await files.find_file(db, firm_id, file_id)
    if found is None or file is None or file.connection_id is not None or file.closed_at is not None:
        return
    try:
        async with db.transaction():
            await integrations.set_mapping(
                db,
                firm_id,
                file_id,
                connection_id=answered.connection_id,
                connector=answered.connector,
                software_file=found,
            )
    except UniqueViolationError:
        return
    unit.publish(await integrations.read_state(db, firm_id, file_id))
    details = {
        "connection_id": answered.connection_id,
        "software_file_id": answered.software_file_id,
        "creation_id": creation_id,
    }
    await note(db, firm_id, answered.requested_by, "file.mapped", {file_id: details})
