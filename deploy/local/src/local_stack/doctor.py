"""`qontable doctor`: what is missing or wrong on this machine, with the command that mends it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from json import dumps
from typing import Annotated

import psutil
import typer
from rich.console import Console

from local_stack.assets import assets_are_there
from local_stack.control import running_state
from local_stack.kafka import jars_are_there
from local_stack.part import PartFailed
from local_stack.postgres import programs
from local_stack.settings import PROJECT, LocalSettings
from local_stack.stack import Stack
from local_stack.state import read_state

LEAST_JAVA = 17
LEAST_FREE_BYTES = 2 * 1024**3
LEAST_MEMORY_BYTES = 3 * 1024**3

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what it is, how it was found, and if it is wrong the command or step that mends it."""

    subject: str
    found: str
    mend: str = ""

    @property
    def fine(self) -> bool:
        """Nothing to mend."""
        return not self.mend


def examine() -> Iterator[Finding]:
    """Look at everything, in the order in which things are needed."""
    for check in CHECKS:
        yield check()


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", found, "" if sys.version_info >= (3, 11) else "apt-get install python3.11 python3.11-venv")


def _packages() -> Finding:
    pins = re.findall(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)", (PROJECT / "requirements.lock").read_text(), re.MULTILINE)
    wrong = [name for name, pin in pins if _installed(name) != pin]
    found = f"{len(pins) - len(wrong)} of {len(pins)} as in requirements.lock"
    return Finding("Python packages", found, "make setup" if wrong else "")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _java() -> Finding:
    mend = "apt-get install openjdk-17-jre-headless"
    java = shutil.which("java")
    if java is None:
        return Finding("Java", "missing", mend)
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)([^"]*)"', said)
    fine = found is not None and int(found[1]) >= LEAST_JAVA
    return Finding("Java", f"{found[1]}{found[2]}" if found else "unknown", "" if fine else mend)


def _jars() -> Finding:
    if jars_are_there():
        return Finding("Kafka's jars", "there")
    mend = "make setup" if shutil.which("mvn") else "apt-get install maven && make setup"
    return Finding("Kafka's jars", "missing or of another version", mend)


def _assets() -> Finding:
    if assets_are_there():
        return Finding("the Hub's scripts", "there")
    mend = "make setup" if shutil.which("mvn") else "apt-get install maven && make setup"
    return Finding("the Hub's scripts", "missing or of another version", mend)


def _postgres() -> Finding:
    try:
        server = programs() / "postgres"
    except PartFailed as error:
        return Finding("PostgreSQL", str(error), "make setup")
    said = subprocess.run([server, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return Finding("PostgreSQL", said or "does not start", "" if said else "make setup")


def _privileges() -> Finding:
    if os.geteuid() != 0:
        return Finding("user", "not root, as PostgreSQL wants it")
    fine = shutil.which("setpriv") is not None
    return Finding("user", "root; PostgreSQL runs as nobody", "" if fine else "apt-get install util-linux")


def _disk() -> Finding:
    free = shutil.disk_usage(PROJECT).free
    mend = "" if free >= LEAST_FREE_BYTES else f"free {LEAST_FREE_BYTES // 1024**3} GB below {PROJECT}"
    return Finding("disk", f"{free // 1024**2} MB free", mend)


def _memory() -> Finding:
    free = psutil.virtual_memory().available
    mend = "" if free >= LEAST_MEMORY_BYTES else "close other programs, or set QONTABLE_KAFKA_HEAP=256m"
    return Finding("memory", f"{free // 1024**2} MB available", mend)


def _stack() -> Finding:
    stack = Stack.from_settings(LocalSettings())
    subject = f"stack {stack.name}"
    state = running_state(stack)
    if state is not None:
        bad = sorted(name for name, part in state.parts.items() if part.status != "ready")
        if state.phase == "ready" and bad:
            return Finding(subject, f"not ready: {', '.join(bad)}", f"read {stack.logs / bad[0]}.log")
        return Finding(subject, f"{state.phase}, {len(state.parts)} parts")
    if read_state(stack) is not None:
        return Finding(subject, "its supervisor was killed", "qontable local down")
    return Finding(subject, "not running")


def _scratch() -> Finding:
    folder = LocalSettings().local_folder
    above = next(each for each in (folder, *folder.parents) if each.exists())
    fine = os.access(above, os.W_OK)
    return Finding("data folder", str(folder), "" if fine else f"chown -R {os.geteuid()} {above}")


CHECKS: tuple[Callable[[], Finding], ...] = (
    _python,
    _packages,
    _java,
    _jars,
    _assets,
    _postgres,
    _privileges,
    _disk,
    _memory,
    _scratch,
    _stack,
)


@app.command()
def doctor(json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Say what is missing or wrong on this machine, with the command that mends it."""
    findings = list(examine())
    if json:
        typer.echo(dumps([asdict(finding) for finding in findings], indent=2))
    else:
        console = Console(highlight=False)
        for finding in findings:
            mark = "[green]✓[/green]" if finding.fine else "[red]✗[/red]"
            console.print(f"{mark} {finding.subject}: {finding.found}")
            if finding.mend:
                console.print(f"    → {finding.mend}", markup=False)
    if not all(finding.fine for finding in findings):
        raise typer.Exit(1)
