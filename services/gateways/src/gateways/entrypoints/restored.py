"""`qontable gateways restored`: a person says what no mark can show."""

import asyncio
from datetime import timedelta
from typing import Annotated

import typer

from gateways.app.restoring import doubts_of, put_in_doubt
from gateways.connectors.registry import load_sheets
from gateways.settings import LEASE_SECONDS
from qontable.database import UNREACHABLE, Database
from qontable.unit import Units


def restored(
    database_url: Annotated[str, typer.Option(envvar="QONTABLE_DATABASE_URL", help="The gateways' own address.")],
    lease_seconds: Annotated[
        float, typer.Option(envvar="QONTABLE_LEASE_SECONDS", help="As the gateways have it.")
    ] = LEASE_SECONDS,
) -> None:
    """Say that the database was restored from a backup: whatever may have been sent since is looked up first.

    Gateways notice by themselves, unless the backup is a few seconds old or object storage was restored with it. Said
    once too often it costs look-ups, nothing else.
    """
    try:
        number = asyncio.run(_say(database_url, timedelta(seconds=lease_seconds)))
    except UNREACHABLE as error:
        typer.echo(f"PostgreSQL: {type(error).__name__}", err=True)
        raise typer.Exit(3) from None
    typer.echo(f"restoration {number} is noted: what may have been sent is looked up before it is sent")


async def _say(database_url: str, least_lease: timedelta) -> int:
    database = await Database.connect(database_url, connections=1, name="qontable gateways restored")
    try:
        async with Units(database, "gateways").unit() as unit:
            return (await put_in_doubt(unit, doubts_of(load_sheets().values(), least_lease), "person")).number
    finally:
        await database.close()
