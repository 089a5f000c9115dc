"""The faults that are ordered at present, in the memory of this process: a restart ends them all."""

from collections.abc import Iterable
from itertools import count
from typing import Any

from sandbox.domain.faults import Fault, Occasion


class FaultBox:
    """Faults in the order in which they were ordered; the first that strikes a request decides.

    `manners` holds, by connector, which of `Rules.manners` a software follows; without one, the first.
    """

    def __init__(self) -> None:
        self._numbers = count(1)
        self._faults: dict[int, Fault] = {}
        self.manners: dict[str, str] = {}

    def add(self, **order: Any) -> Fault:
        """Order a fault: the fields of `Fault` but its id."""
        fault = Fault(id=next(self._numbers), **order)
        self._faults[fault.id] = fault
        return fault

    def draw(self, occasion: Occasion) -> Fault | None:
        """The fault that strikes this request, if one does."""
        return next((fault for fault in self._faults.values() if fault.strikes(occasion)), None)

    def list(self) -> Iterable[Fault]:
        """Every fault ordered, also those that have struck as often as they should."""
        return tuple(self._faults.values())

    def clear(self) -> None:
        """End every fault."""
        self._faults.clear()

    def remove(self, fault_id: int) -> bool:
        """End one fault; says whether there was one of this number."""
        return self._faults.pop(fault_id, None) is not None
