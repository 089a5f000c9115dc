"""What a firm does before the first entry: a key in its software, a connection, a mapped and active client file."""

from dataclasses import dataclass
from typing import Any

from qontable.sheet import Sheet
from sandbox.adapters.api import ApiRefused
from sandbox.app.systems import GaveUp, Progress, Systems, once_arrived
from sandbox.domain.seed import SoftwareFileSeed

GRANTED = {"requests": 2_000, "seconds": 10.0, "concurrent": 20}
"""A limit as a vendor may grant it: demos and tests would take minutes under the data sheet's own."""

OVER = ("refreshed", "failed")


@dataclass(frozen=True, slots=True)
class Client:
    """Whose books go where. `real_limits` keeps the vendor's own throttle; `name` None is what the software says."""

    firm_id: str
    firm_name: str
    file_id: str
    siren: str | None
    seed: SoftwareFileSeed
    send_from: str
    ask_about_duplicates: bool
    real_limits: bool
    name: str | None = None

    @property
    def throttle(self) -> dict[str, float] | None:
        return None if self.real_limits else GRANTED


@dataclass(frozen=True, slots=True)
class Onboarded:
    """A client file whose entries leave, and the stand-in's own number of their software file."""

    software_file_id: str


async def onboard(systems: Systems, client: Client, progress: Progress) -> Onboarded:
    """Do what is not done yet, and return once reference data are in. Doing it again changes nothing.

    Raises `GaveUp` with the software's words when it refuses the key, `ApiRefused` and `Unreachable`.
    """
    software_file_id = await introduce(systems, client, progress)
    await tie(systems, client, progress)
    await activate(systems, client, progress)
    await retrieve(systems, client, progress)
    return Onboarded(software_file_id)


async def introduce(systems: Systems, client: Client, progress: Progress) -> str:
    """Have the client's books in the software and the client file at the Hub; the stand-in's number of the former."""
    software_file_id = await fill_software(systems, client, progress)
    await introduce_alone(systems, client, progress)
    return software_file_id


async def introduce_alone(systems: Systems, client: Client, progress: Progress) -> None:
    """Have the client file at the Hub, whether a software has its books or not."""
    await systems.platform.create_firm(client.firm_id, client.firm_name)
    name, code = client.name or client.seed.name, client.seed.code
    await systems.platform.create_file(client.firm_id, client.file_id, name, code, client.siren)
    await once_arrived("the firm reaches the Hub", lambda: systems.hub.sign_in(client.firm_id, systems.platform_secret))
    await once_arrived("the client file reaches the Hub", lambda: systems.hub.file(client.file_id))
    progress.step(f"platform announced firm {client.firm_id} and client file {client.file_id}")


async def tie(systems: Systems, client: Client, progress: Progress) -> None:
    """Connect the firm to the software where it is not, and map the client file. Raises as `onboard` does."""
    connector = client.seed.connector
    sheet = await once_arrived(f"the Hub knows connector {connector}", lambda: systems.hub.sheet(connector))
    connection_id, listed = await _connected(systems, client, sheet, progress)
    known_as = await _known_as(systems, client, sheet, connection_id, listed)
    await systems.hub.map(client.file_id, connection_id, known_as)
    progress.step(f"client file {client.file_id} mapped to {client.seed.code}")


async def activate(systems: Systems, client: Client, progress: Progress) -> None:
    """Let the mapped file's entries leave."""
    duplicates = "ask" if client.ask_about_duplicates else "send"
    await systems.hub.set_policies(client.file_id, possible_duplicates=duplicates)
    await systems.hub.activate(client.file_id, client.send_from)
    progress.step(f"client file {client.file_id} active from {client.send_from}")


async def fill_software(systems: Systems, client: Client, progress: Progress) -> str:
    """Have the client's books in the software; the stand-in's number of them."""
    seed = client.seed
    made = await systems.control.seed(seed)
    progress.step(f"{seed.connector} stand-in has file {seed.code} with {made['accounts']} accounts")
    if made["unnameable"]:
        progress.step(f"{len(made['unnameable'])} accounts have numbers that no file can have there")
    return str(made["software_file_id"])


async def _connected(
    systems: Systems, client: Client, sheet: Sheet, progress: Progress
) -> tuple[str, list[dict[str, Any]]]:
    """The firm's connection and the software files behind it: listed by a new one as its key is tried, else again."""
    for connection in await systems.hub.connections(sheet.connector):
        if connection["state"] == "enabled":
            connection_id = str(connection["connection_id"])
            check = await _accepted(systems, connection_id, await systems.hub.check_again(connection_id))
            return connection_id, check["software_files"]
    key, secret = systems.firm_key(sheet.connector, client.firm_id), systems.partner_secrets[sheet.connector]
    await systems.control.make_token(sheet.connector, client.seed.firm, key, secret, client.throttle)
    fields = systems.typed_key(sheet.connector, client.firm_id)
    connection_id, check_id = await systems.hub.connect(sheet, fields, client.throttle)
    check = await _accepted(systems, connection_id, check_id)
    await systems.hub.confirm(connection_id, check_id)
    files = f"{len(check['software_files'])} software files" if sheet.lists_software_files else "no list of files"
    limits = "the vendor's own limits" if client.real_limits else f"granted limits {GRANTED}"
    progress.step(f"{sheet.name} connected: key tried live, {files}, {limits}")
    return connection_id, check["software_files"]


async def _known_as(
    systems: Systems, client: Client, sheet: Sheet, connection_id: str, listed: list[dict[str, Any]]
) -> str:
    """The software's own name of its file: as it was listed, or the code that a person types and has tested."""
    code = client.seed.code
    if sheet.lists_software_files:
        for file in listed:
            if file["code"] == code:
                return str(file["software_file_id"])
        raise GaveUp(f"{sheet.name} lists {len(listed)} files, and none of them has the code {code}")
    check = await _accepted(systems, connection_id, await systems.hub.check_again(connection_id, code))
    for tested in check["prerequisites"]:
        if not tested["met"]:
            raise GaveUp(f"file {code} of {sheet.name} does not meet {tested['name']}: {tested['message']}")
    return code


async def _accepted(systems: Systems, connection_id: str, check_id: str) -> dict[str, Any]:
    async def decided() -> dict[str, Any]:
        check = await systems.hub.check(connection_id, check_id)
        if check["status"] == "pending":
            raise ApiRefused("the Hub", 409, "check_pending", "no answer from the software yet")
        return check

    check = await once_arrived("the software answers the check", decided)
    if check["status"] != "accepted":
        message = check["message"] or {}
        raise GaveUp(f"the software {check['status']} the key: {message.get('text') or message.get('category')}")
    return check


async def retrieve(systems: Systems, client: Client, progress: Progress) -> None:
    """Wait for reference data; a file that was mapped before asks for them again, as its software file has changed."""
    file = await systems.hub.file(client.file_id)
    asked = file["reference_version"] and await once_arrived(
        "reference data can be asked for", lambda: systems.hub.refresh(client.file_id)
    )

    async def ended() -> dict[str, Any]:
        state = await systems.hub.refresh_state(client.file_id)
        over = state["state"] in OVER and (not asked or state["refresh_id"] == asked)
        if not over:
            raise ApiRefused("the Hub", 409, "refresh_under_way", state["state"])
        return state

    state = await once_arrived("reference data arrive", ended)
    if state["state"] == "failed":
        raise GaveUp(f"reference data could not be retrieved: {state['failure']['message']}")
    counts = {kind: sum(changes.values()) for kind, changes in state["changes"].items()}
    told = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in counts.items() if count)
    progress.step(f"reference data retrieved, version {state['version']}: {told or 'nothing new'}")
