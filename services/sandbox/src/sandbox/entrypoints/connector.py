"""The option that names a software, in every command that books in one."""

from typing import Annotated

import typer

from sandbox.software.registry import UnknownSoftware, rules_of

DEFAULT = "myunisoft"


def _known(connector: str) -> str:
    try:
        return rules_of(connector).connector
    except UnknownSoftware as error:
        raise typer.BadParameter(str(error)) from None


Connector = Annotated[str, typer.Option(help="Accounting software to book in.", callback=_known)]
