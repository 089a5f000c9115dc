"""What a storm is to be, as `make storm` says it: how much is published, what goes wrong, under which seed."""

import os
from dataclasses import dataclass, field
from typing import Literal, Self

from qontable.topics import PARTITIONS

from .softwares import known

Trouble = Literal["pauses", "outages"]
TROUBLES: tuple[Trouble, ...] = ("pauses", "outages")


@dataclass(frozen=True, slots=True)
class StormOrder:
    """`kills` are SIGKILLs; pauses and outages come in addition. `unique` says whether the software refuses a reference
    that it has; `broken` names what the system is robbed of, to see that the storm finds it. What has not moved for
    `patience_seconds`, once nothing goes wrong any more, is in limbo. Client files are spread over the `connectors`.
    Of its `partitions` a broker that was killed checks each, which takes it longer than all else."""

    entries: int
    kills: int
    seed: int
    troubles: tuple[Trouble, ...] = ()
    unique: bool = True
    broken: str | None = None
    away_seconds: float = 60.0
    patience_seconds: float = 120.0
    connectors: tuple[str, ...] = field(default_factory=known)
    replicas: int = 2
    partitions: int = PARTITIONS

    @classmethod
    def from_environment(cls) -> Self:
        """`ENTRIES`, `KILLS`, `SEED`, `WITH` (`pauses,outages`), `UNIQUE` (`on`, `off`), `CONNECTORS` (`all`, or some).

        Raises `ValueError`.
        """
        named = tuple(word for word in os.environ.get("WITH", "").split(",") if word)
        if unknown := set(named) - set(TROUBLES):
            raise ValueError(f"WITH={','.join(sorted(unknown))}: known are {', '.join(TROUBLES)}")
        connectors = _connectors(os.environ.get("CONNECTORS", "all"))
        return cls(
            entries=int(os.environ.get("ENTRIES", "2000")),
            kills=int(os.environ.get("KILLS", "30")),
            seed=int(os.environ.get("SEED", "1")),
            troubles=tuple(trouble for trouble in TROUBLES if trouble in named),
            unique={"on": True, "off": False}[os.environ.get("UNIQUE", "on")],
            connectors=connectors,
        )

    def __str__(self) -> str:
        words = [f"{self.entries} entries", f"{self.kills} kills", *self.troubles, f"seed {self.seed}"]
        words.append("unique references" if self.unique else "references may repeat")
        return ", ".join([*words, *self.connectors])


def _connectors(named: str) -> tuple[str, ...]:
    if named == "all":
        return known()
    chosen = tuple(word for word in named.split(",") if word)
    if not chosen or set(chosen) - set(known()):
        raise ValueError(f"CONNECTORS={named}: known are all, {', '.join(known())}")
    return chosen
