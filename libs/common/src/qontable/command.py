"""The one command line, `qontable`. Each package ships its sub-commands as entry points, so that none imports another.

A typer application published in the group `qontable.commands` becomes the sub-command of its entry point's name.
Exit status: 0 done, 1 refused, 2 wrong usage, 3 a part is unreachable (DESIGN 9).
"""

from importlib.metadata import entry_points

import typer
from typer.main import get_command

GROUP = "qontable.commands"


def build() -> typer.Typer:
    """The root with every sub-command that is installed."""
    root = typer.Typer(name="qontable", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
    root.callback()(_root)
    for entry in sorted(entry_points(group=GROUP), key=lambda item: item.name):
        application: typer.Typer = entry.load()
        if len(application.registered_commands) == 1 and not (
            application.registered_groups or application.registered_callback
        ):
            root.command(entry.name)(application.registered_commands[0].callback)  # type: ignore[type-var]
        else:
            root.add_typer(application, name=entry.name)
    return root


def _root() -> None:
    """Qontable Sync: entries from Qonto into accounting software, reference data back."""


def main() -> None:
    """Run the command line."""
    get_command(build())()
