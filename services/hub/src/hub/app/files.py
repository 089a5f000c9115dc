"""A client file under the hand of an action: read, held, and said when it has changed."""

from hub.adapters import entry_counts, files, integrations
from hub.app import connections
from hub.app.hub import Action
from hub.domain.client_file import ClientFile
from hub.domain.connection import Connection, Consequence
from hub.domain.problem import Refused
from qontable.database import Connection as Db


async def read(db: Db, firm_id: str, file_id: str) -> ClientFile:
    """One client file of the firm. Raises `Refused` file_unknown."""
    file = await files.find_file(db, firm_id, file_id)
    if file is None:
        raise Refused("file_unknown", file_id=file_id)
    return file


async def hold(action: Action, file_id: str) -> ClientFile:
    """The file, which nobody else changes until the action ends. Raises `Refused` file_unknown."""
    await integrations.lock_integration(action.db, action.firm_id, file_id)
    return await read(action.db, action.firm_id, file_id)


async def say(action: Action, file_id: str) -> ClientFile:
    """Publish the file's new integration; the file as it is now."""
    action.say(await integrations.read_state(action.db, action.firm_id, file_id))
    return await read(action.db, action.firm_id, file_id)


async def tied_connection(db: Db, firm_id: str, file: ClientFile) -> Connection:
    """The connection the file is tied to, switched on. Raises `Refused`: file_not_mapped, connection_disabled."""
    if file.connection_id is None:
        raise Refused("file_not_mapped", file_id=file.file_id)
    return await working_connection(db, firm_id, file.connection_id)


async def working_connection(db: Db, firm_id: str, connection_id: str) -> Connection:
    """A connection that is switched on. Raises `Refused`: connection_unknown, …_not_confirmed, …_disabled."""
    connection = await connections.read(db, firm_id, connection_id)
    if connection.state == "to_confirm":
        raise Refused("connection_not_confirmed", connection_id=connection_id)
    if connection.state == "disabled":
        raise Refused("connection_disabled", connection_id=connection_id)
    return connection


async def consequence_for(action: Action, file_id: str) -> Consequence:
    """The file's entries that are waiting or on their way."""
    return await entry_counts.count_on_the_way(action.db, action.firm_id, file_id=file_id)


def refuse_closed(file: ClientFile) -> None:
    """Raises `Refused` file_closed."""
    if file.closed_at is not None:
        raise Refused("file_closed", file_id=file.file_id)
