"""Whether entries of a file leave, from which date, and by which rules."""

from datetime import date

from hub.adapters import integrations
from hub.app.connections import read_connector
from hub.app.files import consequence_for, hold, refuse_closed, say, tied_connection
from hub.app.hub import Action
from hub.domain.client_file import BeforeSendFrom, ClientFile
from hub.domain.connection import Consequence
from hub.domain.problem import Refused
from qontable.events.hub import FilePolicies


async def activate(
    action: Action, file_id: str, *, send_from: date, before_send_from: BeforeSendFrom
) -> tuple[ClientFile, Consequence]:
    """Let entries dated from `send_from` leave; activating as it is changes nothing.

    Raises `Refused`: file_unknown, file_closed, file_not_mapped, connection_disabled.
    """
    file = await hold(action, file_id)
    refuse_closed(file)
    await tied_connection(action.db, action.firm_id, file)
    consequence = await consequence_for(action, file_id)
    if (file.active, file.send_from, file.before_send_from) == (True, send_from, before_send_from):
        return file, consequence
    await integrations.set_active(
        action.db, action.firm_id, file_id, send_from=send_from, before_send_from=before_send_from
    )
    await action.note("file.activated", file_id, send_from=send_from.isoformat(), before_send_from=before_send_from)
    return await say(action, file_id), consequence


async def deactivate(action: Action, file_id: str) -> tuple[ClientFile, Consequence]:
    """Let nothing leave any more; the mapping is kept. Raises `Refused` file_unknown."""
    file = await hold(action, file_id)
    consequence = await consequence_for(action, file_id)
    if not file.active:
        return file, consequence
    for state in await integrations.set_inactive(action.db, [(action.firm_id, file_id)]):
        action.say(state)
    await action.note("file.deactivated", file_id, **consequence.model_dump())
    return await hold(action, file_id), consequence


async def change_journal_map(action: Action, file_id: str, journal_map: dict[str, str]) -> ClientFile:
    """Which journal of the software takes which journal of Qonto; others keep their code.

    Raises `Refused` file_unknown.
    """
    file = await hold(action, file_id)
    if file.journal_map == journal_map:
        return file
    await integrations.set_journal_map(action.db, action.firm_id, file_id, journal_map)
    await action.note("file.journal_map_changed", file_id, journals=len(journal_map))
    return await say(action, file_id)


async def change_policies(action: Action, file_id: str, policies: FilePolicies) -> ClientFile:
    """What is done where the software leaves a choice.

    Raises `Refused`: file_unknown, file_not_mapped, connection_disabled, creation_unsupported.
    """
    file = await hold(action, file_id)
    connection = await tied_connection(action.db, action.firm_id, file)
    if policies.create_missing_accounts or policies.ask_before_creating:
        await _refuse_uncreatable(action, connection.connector)
    if file.policies == policies:
        return file
    await integrations.set_policies(action.db, action.firm_id, file_id, policies)
    await action.note("file.policies_changed", file_id, **policies.model_dump())
    return await say(action, file_id)


async def _refuse_uncreatable(action: Action, connector: str) -> None:
    software, _ = await read_connector(action.db, connector)
    accounts = software.sheet.accounts
    if "created_on_policy" not in {accounts.missing_account, accounts.missing_subsidiary}:
        raise Refused("creation_unsupported", software=software.sheet.name)
