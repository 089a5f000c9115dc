"""`qontable gateways keys`: what opens credentials, and its rotation (`docs/runbooks/rotate-gateway-keys.md`)."""

import asyncio
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, NoReturn

import orjson
import typer
from rich.console import Console
from rich.table import Table

from gateways.adapters.keys import count_boxes, keys_at_work
from qontable.addresses import NoAddresses, read_addresses
from qontable.clock import PARIS, now
from qontable.database import UNREACHABLE, Database
from qontable.vault import load_ring, remove_key, write_new_key

app = typer.Typer(no_args_is_help=True, help="Keys that open credentials, and their rotation.")

REST = timedelta(days=1)
"""How long the hub keeps credentials that were typed but not confirmed: they may lie under a key with no other box."""
Ring = Annotated[
    Path | None,
    typer.Option("--ring", envvar="QONTABLE_PRIVATE_KEYS", help="The key ring; by default the local stack's."),
]
Url = Annotated[
    str | None, typer.Option(envvar="QONTABLE_DATABASE_URL", help="The gateways' database; by default the local one.")
]


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One key: whether credentials are sealed under it now, how many boxes it has to open, who holds it."""

    key_id: str
    here: bool
    seals: bool
    boxes: int
    held_by: list[str]


@app.command("list")
def list_keys(
    ring: Ring = None, database_url: Url = None, as_json: Annotated[bool, typer.Option("--json")] = False
) -> None:
    """Every key: what it is used for, how many boxes lie under it, which processes hold it."""
    keys = _uses(ring, database_url)
    if as_json:
        typer.echo(orjson.dumps([asdict(key) for key in keys]).decode())
        return
    table = Table("key", "use", "boxes", "held by")
    for key in keys:
        use = "seals and opens" if key.seals else "opens" if key.here else "[red]lost[/red]"
        table.add_row(key.key_id, use, str(key.boxes), ", ".join(key.held_by))
    Console().print(table)


@app.command()
def add(
    key_id: Annotated[str | None, typer.Argument(metavar="ID", help="By default the present day and time.")] = None,
    ring: Ring = None,
) -> None:
    """Add a fresh key. Gateways that have the file take it up by themselves; credentials move under it."""
    name = key_id or f"key-{now().astimezone(PARIS):%Y-%m-%d-%H%M%S}"
    try:
        write_new_key(_ring(ring), name)
    except ValueError as error:
        _refuse(str(error))
    typer.echo(f"{name} is in {_ring(ring)}: `qontable gateways keys list` shows when every process holds it")


@app.command()
def remove(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="An older key.")],
    ring: Ring = None,
    database_url: Url = None,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Although credentials of the last day may have to be typed again.")
    ] = False,
) -> None:
    """Take an older key out of the ring. Refused while any credentials lie under it."""
    uses = {key.key_id: key for key in _uses(ring, database_url)}
    use = uses.get(key_id)
    if use is None or not use.here:
        _refuse(f"{key_id} is not in the ring")
    if use.seals:
        _refuse(f"credentials are sealed under {key_id}: add another key first, and wait until every process holds it")
    if use.boxes:
        _refuse(f"{use.boxes} boxes lie under {key_id}: gateways that hold both keys move them by themselves")
    changed = datetime.fromtimestamp(_ring(ring).stat().st_mtime, UTC)
    if now() - changed < REST and not at_once:
        _refuse(
            f"the ring changed less than a day ago, at {changed.astimezone(PARIS):%d/%m %H:%M}: credentials typed "
            "meanwhile may wait for confirmation under this key; come again tomorrow, or say --at-once"
        )
    remove_key(_ring(ring), key_id)
    typer.echo(f"{key_id} is gone from {_ring(ring)}")


def _uses(ring: Path | None, database_url: str | None) -> list[KeyUse]:
    """Every key of the ring, and those that are not in it but have boxes. Ends the command if a part is missing."""
    try:
        here = load_ring(_ring(ring)).key_ids
    except (OSError, ValueError) as error:
        _refuse(str(error))
    try:
        boxes, at_work = asyncio.run(_look(database_url or _local("QONTABLE_DATABASE_URL")))
    except UNREACHABLE as error:
        typer.echo(f"the gateways' database is unreachable: {type(error).__name__}", err=True)
        raise typer.Exit(3) from None
    common = [key_id for key_id in here if all(key_id in held for held in at_work.values() if held)]
    return [
        KeyUse(
            key_id,
            key_id in here,
            key_id == (common or here)[-1],
            boxes.get(key_id, 0),
            [slot for slot, held in at_work.items() if key_id in held],
        )
        for key_id in (*here, *sorted(boxes.keys() - set(here)))
    ]


async def _look(database_url: str) -> tuple[dict[str, int], dict[str, list[str]]]:
    database = await Database.connect(database_url, connections=1, name="qontable gateways keys")
    try:
        async with database.transaction() as connection:
            return await count_boxes(connection), await keys_at_work(connection)
    finally:
        await database.close()


def _ring(ring: Path | None) -> Path:
    return ring or Path(_local("QONTABLE_PRIVATE_KEYS"))


def _local(variable: str) -> str:
    try:
        return read_addresses().settings["gateways"][variable]
    except NoAddresses as error:
        typer.echo(f"{error}, or set {variable}", err=True)
        raise typer.Exit(3) from None


def _refuse(what: str) -> NoReturn:
    typer.echo(what, err=True)
    raise typer.Exit(1)
