"""`qontable hub`: what is done at a terminal."""

import asyncio
from datetime import timedelta
from typing import Annotated, Any

import orjson
import typer

from hub.entrypoints.restored import restored
from qontable.addresses import Addresses
from qontable.database import UNREACHABLE, Database

app = typer.Typer(no_args_is_help=True, help="The Hub: tokens, and its API's description.")
app.command()(restored)

Url = Annotated[
    str | None,
    typer.Option(envvar="QONTABLE_DATABASE_URL", help="The hub's database; by default the running local stack's."),
]


@app.command()
def token(
    firm: Annotated[str, typer.Option(help="The firm's id.")],
    user: Annotated[str | None, typer.Option(help="A member's id; by default the first administrator.")] = None,
    days: Annotated[int, typer.Option(min=1, max=400, help="How long it holds.")] = 90,
    database_url: Url = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Everything about it as JSON.")] = False,
) -> None:
    """Make a token for a member of a firm and print it, once."""
    from hub.domain.problem import Refused

    try:
        issued = asyncio.run(_issue(database_url or _local_database(), firm, user, days))
    except Refused as refused:
        problem = refused.problem()
        typer.echo(f"{problem.message['en']} {problem.remedy['en']}", err=True)
        raise typer.Exit(1) from None
    except UNREACHABLE as error:
        typer.echo(f"the hub's database is unreachable: {type(error).__name__}", err=True)
        raise typer.Exit(3) from None
    typer.echo(orjson.dumps(issued).decode() if json else issued["token"])


@app.command("sign-in")
def sign_in(
    firm: Annotated[str | None, typer.Option(help="The firm's id; by default the one that came last.")] = None,
    user: Annotated[str | None, typer.Option(help="A member's id; by default the first administrator.")] = None,
) -> None:
    """Print a link that signs a member in at the running local stack's pages. It holds for a day."""
    from hub.domain.problem import Refused

    addresses = _local_addresses()
    try:
        issued = asyncio.run(_issue(addresses.settings["hub"]["QONTABLE_DATABASE_URL"], firm, user, 1))
    except Refused as refused:
        problem = refused.problem()
        typer.echo(f"{problem.message['en']} {problem.remedy['en']}", err=True)
        raise typer.Exit(1) from None
    except UNREACHABLE as error:
        typer.echo(f"the hub's database is unreachable: {type(error).__name__}", err=True)
        raise typer.Exit(3) from None
    typer.echo(f"{addresses.http['hub']}/sign-in#{issued['token']}")


@app.command()
def openapi() -> None:
    """Print the OpenAPI document of the API."""
    from hub.entrypoints.api.application import describe

    typer.echo(orjson.dumps(describe(), option=orjson.OPT_INDENT_2).decode())


async def _issue(database_url: str, firm_id: str | None, user_id: str | None, days: int) -> dict[str, Any]:
    from hub.app.access import issue_token

    firm_id = firm_id or await _last_firm(database_url)
    database = await Database.connect(database_url, scope="firm", connections=1, name="qontable hub")
    try:
        async with database.transaction(firm_id) as db:
            issued = await issue_token(db, firm_id, user_id=user_id, holds=timedelta(days=days), by="command line")
            return issued.model_dump(mode="json")
    finally:
        await database.close()


async def _last_firm(database_url: str) -> str:
    """The firm that became known last; the empty text, which no firm is called, where there is none."""
    from hub.adapters.firms import last_firm

    database = await Database.connect(database_url, connections=1, name="qontable hub")
    try:
        async with database.transaction() as db:
            return await last_firm(db) or ""
    finally:
        await database.close()


def _local_database() -> str:
    return _local_addresses().settings["hub"]["QONTABLE_DATABASE_URL"]


def _local_addresses() -> Addresses:
    from qontable.addresses import NoAddresses, read_addresses

    try:
        return read_addresses()
    except NoAddresses as missing:
        typer.echo(f"{missing}, or name the hub's database in QONTABLE_DATABASE_URL", err=True)
        raise typer.Exit(3) from None
