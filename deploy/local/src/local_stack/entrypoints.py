"""`qontable local`: the whole system on this machine, as processes."""

import os
import signal
import subprocess
from collections.abc import Sequence
from json import dumps
from time import sleep
from typing import Annotated

import typer
from dotenv import load_dotenv
from rich.console import Console
from rich.table import Table

from local_stack import control
from local_stack.assets import fetch_assets
from local_stack.kafka import fetch_jars
from local_stack.part import PartFailed
from local_stack.process import ProcessIdentity
from local_stack.settings import PROJECT, LocalSettings
from local_stack.stack import Stack, all_stacks
from local_stack.state import StackState
from local_stack.supervisor import ALL_PARTS, INFRASTRUCTURE

USAGE, UNREACHABLE, INTERRUPTED = 2, 3, 130

app = typer.Typer(no_args_is_help=True, help="The whole system on this machine, as processes.")
console = Console(stderr=True, highlight=False, soft_wrap=True)

EVERYTHING = ",".join(ALL_PARTS)
Only = Annotated[str, typer.Option(help=f"Parts to start, with commas: {', '.join(ALL_PARTS)}.")]


@app.command()
def up(only: Only = EVERYTHING) -> None:
    """Start Kafka, PostgreSQL, every service and the sandbox; return when all answer."""
    stack = _stack()
    state = _start(stack, _chosen(only))
    console.print(_table(state))
    console.print(f"{state.message}; logs in {stack.logs}")


@app.command()
def fetch() -> None:
    """Fetch Kafka's jars and the Hub's scripts with Maven, unless they are there."""
    try:
        with console.status("fetching Kafka's jars (54 MB)"):
            fetch_jars()
        with console.status("fetching the Hub's scripts"):
            fetch_assets()
    except PartFailed as error:
        console.print(str(error), markup=False)
        raise typer.Exit(UNREACHABLE) from None


@app.command()
def down() -> None:
    """Stop everything of the stack; its data stays."""
    stack = _stack()
    console.print(f"stack {stack.name} {'is stopped' if control.down(stack) else 'was not running'}")


@app.command()
def status(json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Say what runs, where, and how often it had to be started again."""
    stack = _stack()
    state = control.running_state(stack)
    if json:
        stopped = dumps({"stack": stack.name, "phase": "stopped", "parts": {}}, indent=2)
        typer.echo(state.model_dump_json(indent=2) if state else stopped)
    elif state is None:
        console.print(f"stack {stack.name} is not running: qontable local up")
    else:
        console.print(_table(state))
        console.print(f"{state.phase}: {state.message}; logs in {stack.logs}")
    if state is None:
        raise typer.Exit(UNREACHABLE)


@app.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Every stack of this checkout.")] = False,
) -> None:
    """Stop the stack and remove all its data."""
    stacks = all_stacks(LocalSettings()) if every else [_stack()]
    if not yes:
        typer.confirm(f"Remove all data of {', '.join(stack.name for stack in stacks)}?", abort=True)
    for stack in stacks:
        control.reset(stack)
        console.print(f"stack {stack.name} is removed")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    context: typer.Context,
    stay: Annotated[bool, typer.Option("--stay", help="Stay up after the command, until Ctrl-C.")] = False,
    only: Only = EVERYTHING,
) -> None:
    """Start the stack, run a command beside it, stop the stack; exit with the command's status.

    A stack that ran before is not stopped.
    """
    stack = _stack()
    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: what a shell starts in the background ignores it
        signal.signal(number, signal.default_int_handler)
    ran_before = control.running_state(stack) is not None
    exit_status = 0
    try:
        state = _start(stack, _chosen(only), owner=None if ran_before else ProcessIdentity.of(os.getpid()))
        console.print(_table(state))
        exit_status = INTERRUPTED
        if context.args:
            exit_status = subprocess.run(context.args, check=False).returncode
        if stay:
            console.print(
                "Everything stays up; `qontable hub sign-in` prints a link to the Hub's pages. Ctrl-C stops it."
            )
            _stay(stack)
    except KeyboardInterrupt:
        console.print()
    finally:
        if not ran_before:
            console.print("stopping …")
            control.down(stack)
    raise typer.Exit(exit_status)


def _stay(stack: Stack) -> None:
    while control.running_state(stack) is not None:
        sleep(1)


def _start(stack: Stack, names: Sequence[str], owner: ProcessIdentity | None = None) -> StackState:
    try:
        with console.status(f"stack {stack.name}: starting") as spinner:
            say = spinner.update if console.is_terminal else console.print
            return control.up(stack, names, owner=owner, progress=lambda text: say(f"stack {stack.name}: {text} …"))
    except PartFailed as error:
        console.print(f"[red]stack {stack.name} could not be started:[/red]")
        console.print(str(error), markup=False)
        raise typer.Exit(UNREACHABLE) from None


def _chosen(only: str) -> list[str]:
    names = [name.strip() for name in only.split(",")]
    unknown = sorted(set(names) - set(ALL_PARTS))
    if unknown:
        console.print(f"no such part: {', '.join(unknown)}; there are {', '.join(ALL_PARTS)}")
        raise typer.Exit(USAGE)
    services = set(names) - set(INFRASTRUCTURE)
    return [*INFRASTRUCTURE, *services] if services else names


def _table(state: StackState) -> Table:
    table = Table(title=f"stack {state.stack}", title_justify="left", box=None, header_style="bold")
    for heading in ("part", "status", "address", "process", "restarts"):
        table.add_column(heading)
    for name, part in state.parts.items():
        pid = str(part.process.pid) if part.process else ""
        table.add_row(name, part.status, part.url or f"127.0.0.1:{part.port}", pid, str(part.restarts))
    return table


def _stack() -> Stack:
    load_dotenv(PROJECT / ".env")
    return Stack.from_settings(LocalSettings())
