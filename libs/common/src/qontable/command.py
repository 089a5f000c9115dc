"""The one command line, `qontable`. Each package ships its sub-commands as entry points, so that none imports another.

A typer application published in the group `qontable.commands` becomes the sub-command of its entry point's name.
Exit status: 0 done, 1 refused, 2 wrong usage, 3 a part is unreachable (DESIGN 9).
"""

import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

import typer
from typer import Abort
from typer._click.exceptions import NoArgsIsHelpError, UsageError
from typer.main import get_command

GROUP = "qontable.commands"
WRONG_USAGE = 2


def build(words: Sequence[str] = ()) -> typer.Typer:
    """The root with the sub-command that the words begin with; with every one that is installed where they name none.

    The others are not even imported: a command would take twice as long.
    """
    root = typer.Typer(name="qontable", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
    root.callback()(_root)
    installed = entry_points(group=GROUP)
    named = [entry for entry in installed if entry.name in words[:1]]
    for entry in named or sorted(installed, key=lambda item: item.name):
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
    """Run the command line. What is wrong with the words given is said in one line, with exit status 2."""
    if not all(_readable(word) for word in sys.argv[1:]):
        raise SystemExit(_wrong("qontable", "an argument is not UTF-8"))
    try:
        status = get_command(build(sys.argv[1:]))(standalone_mode=False)
    except NoArgsIsHelpError as asked:
        asked.show()
        status = asked.exit_code
    except UsageError as error:
        status = _wrong(error.ctx.command_path if error.ctx else "qontable", error.format_message())
    except Abort:
        status = 1
    raise SystemExit(status)


def _wrong(command: str, what: str) -> int:
    line = " ".join(what.split()).rstrip(".")
    typer.echo(f"{command}: {line}. `{command} --help` says what it takes", err=True)
    return WRONG_USAGE


def _readable(word: str) -> bool:
    """Whether an argument's bytes were text: Python keeps others as lone surrogates, which nothing can write."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True
