"""`qontable gateways revoke-links`: documents that a software may fetch no longer."""

import asyncio
from typing import Annotated

import typer

from gateways.adapters.links import revoke
from qontable.database import UNREACHABLE, Database


def revoke_links(
    firm: Annotated[str, typer.Argument(help="The firm's id.")],
    database_url: Annotated[str, typer.Option(envvar="QONTABLE_DATABASE_URL", help="The gateways' own address.")],
    connection: Annotated[str | None, typer.Option(help="Only links given to this connection's software.")] = None,
    delivery: Annotated[str | None, typer.Option(help="Only links of this delivery.")] = None,
) -> None:
    """End the links by which a software fetches documents of a firm, at once.

    What has been fetched stays fetched. An import under way may fail for want of its documents; the entry then comes
    back, or leaves again with new links.
    """
    try:
        ended = asyncio.run(_revoke(database_url, firm, connection, delivery))
    except UNREACHABLE as error:
        typer.echo(f"PostgreSQL: {type(error).__name__}", err=True)
        raise typer.Exit(3) from None
    typer.echo(f"{ended} links to documents have ended")


async def _revoke(database_url: str, firm: str, connection: str | None, delivery: str | None) -> int:
    database = await Database.connect(database_url, connections=1, name="qontable gateways revoke-links")
    try:
        async with database.transaction() as held:
            return await revoke(held, firm, connection, delivery)
    finally:
        await database.close()
