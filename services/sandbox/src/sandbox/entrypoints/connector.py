"""The option that names a software, in every command that books in one."""

from typing import Annotated

import typer

from sandbox.software.registry import UnknownSoftware, rules_of, softwares, usual_software

DEFAULT = usual_software()


ALL = "all"


def _known(connector: str) -> str:
    try:
        return rules_of(connector).connector
    except UnknownSoftware as error:
        raise typer.BadParameter(str(error)) from None


def _known_or_all(connector: str) -> str:
    return ALL if connector == ALL else _known(connector)


ConnectorOrAll = Annotated[
    str,
    typer.Option("--connector", help=f"Accounting software to book in; `{ALL}`: in each.", callback=_known_or_all),
]


def named(connector: str) -> tuple[str, ...]:
    """The connector that was named, or every one."""
    return tuple(softwares()) if connector == ALL else (connector,)
