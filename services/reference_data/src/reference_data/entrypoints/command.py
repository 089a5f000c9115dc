"""`qontable reference-data`: snapshots that wait for a person, and the person's word."""

import asyncio
import json
import os
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from qontable.addresses import NoAddresses, read_addresses
from qontable.database import UNREACHABLE, Database
from qontable.unit import Units
from reference_data.adapters.refreshes import list_waiting
from reference_data.app.accepting import NothingWaits, accept

app = typer.Typer(no_args_is_help=True, help="Snapshots of reference data that wait for a person.")
COLUMNS = {
    "refresh_id": "refresh",
    "file_id": "file",
    "software_file_id": "software file",
    "detail": "why it waits",
    "requested_at": "asked",
}
UNAVAILABLE: tuple[type[BaseException], ...] = (NoAddresses, *UNREACHABLE)
_OUT = Console()
_ERRORS = Console(stderr=True)


@app.command()
def waiting(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """List snapshots that lose more than a fifth of a file's accounts and were not applied."""
    rows = asyncio.run(_waiting())
    if as_json:
        _OUT.print_json(json.dumps(rows, default=str))
        return
    table = Table(*COLUMNS.values())
    for row in rows:
        table.add_row(
            *(str(row[name]) for name in ("refresh_id", "file_id", "software_file_id", "detail")),
            str(row["requested_at"])[:16],
        )
    _OUT.print(table if rows else "No snapshot waits for a person.")


@app.command("accept")
def accept_snapshot(refresh_id: Annotated[str, typer.Argument(help="As `waiting` lists it.")]) -> None:
    """Apply a snapshot that waits, whatever it loses."""
    try:
        asyncio.run(_accept(refresh_id))
    except NothingWaits as error:
        _ERRORS.print(str(error))
        raise typer.Exit(1) from None
    _OUT.print(f"Refresh {refresh_id} is applied.")


async def _waiting() -> list[dict[str, object]]:
    database = await _database()
    async with database.transaction() as connection:
        return await list_waiting(connection)


async def _accept(refresh_id: str) -> None:
    database = await _database()
    async with Units(database, "reference_data").unit() as unit:
        await accept(unit, refresh_id)


async def _database() -> Database:
    """The service's database: the environment's, else the local stack's. Exit status 3 when there is none."""
    try:
        url = (
            os.environ.get("QONTABLE_DATABASE_URL")
            or read_addresses().settings["reference_data"]["QONTABLE_DATABASE_URL"]
        )
        return await Database.connect(url, connections=2)
    except UNAVAILABLE as error:
        _ERRORS.print(f"The database of reference_data does not answer: {error}")
        raise typer.Exit(3) from None
