"""Which softwares there are: every folder here.

A software's folder is a package whose `__init__` says `RULES`, and whose module `application` has a class `Software`
made of a database and the fault box (`Standin`; also `Busy` where it works without being asked). It is served below its
connector's name; nothing else has to know it.
"""

from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

if TYPE_CHECKING:
    from starlette.applications import Starlette

from qontable.database import Connection, Database
from qontable.loop import Step
from sandbox.adapters.late_requests import LateRequest
from sandbox.app.fault_box import FaultBox
from sandbox.domain.rules import Rules

FOLDER = Path(__file__).parent


class UnknownSoftware(LookupError):
    """A connector that no folder has; the message says which there are."""


class Standin(Protocol):
    """A stand-in software that runs."""

    def application(self) -> "Starlette":
        """Everything below the vendor's host."""

    async def work_off(self, connection: Connection, late: LateRequest) -> None:
        """Do in the caller's transaction what a request asked for earlier. Raises `domain.faults.Refused`."""


@runtime_checkable
class Busy(Protocol):
    """A stand-in software that also works without being asked."""

    def steps(self) -> dict[str, Step]:
        """What background loops repeat, by name."""

    async def catch_up(self) -> None:
        """Book what should be in the books by now."""


@cache
def softwares() -> MappingProxyType[str, Rules]:
    """The rules of every software, by connector."""
    names = sorted(path.parent.name for path in FOLDER.glob("*/application.py"))
    found = {name: cast(Rules, import_module(f"sandbox.software.{name}").RULES) for name in names}
    for name, rules in found.items():
        if rules.connector != name:
            raise ValueError(f"the software in folder {name} says that its connector is {rules.connector}")
    return MappingProxyType(found)


def rules_of(connector: str) -> Rules:
    """What the kit must know of a software. Raises `UnknownSoftware`."""
    try:
        return softwares()[connector]
    except KeyError:
        raise UnknownSoftware(f"no software {connector}; there are {', '.join(softwares())}") from None


def usual_software() -> str:
    """The connector of the software that commands book in where nobody names one."""
    return next(name for name, rules in softwares().items() if rules.usual)


def open_standins(database: Database, faults: FaultBox) -> dict[str, Standin]:
    """Every software, ready to be served, by connector."""
    return {
        name: import_module(f"sandbox.software.{name}.application").Software(database, faults) for name in softwares()
    }
