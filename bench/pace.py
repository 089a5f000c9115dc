"""What a run came to, system or bare, and how the two compare over the rounds of a bench."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True, slots=True)
class Pace:
    """One run: how many, in how many seconds, and the processor time of each process that had a part in it."""

    count: int
    seconds: float
    cpu: dict[str, float]

    @property
    def rate(self) -> float:
        """How many in a second."""
        return self.count / self.seconds

    @property
    def cpu_each(self) -> float:
        """Microseconds of processor time for each, all processes together."""
        return sum(self.cpu.values()) / self.count * 1e6


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure: the system's runs beside the bare loop's, round by round. `target` is the least wall ratio."""

    name: str
    unit: str
    system: Sequence[Pace]
    bare: Sequence[Pace]
    target: float | None
    does: str

    @property
    def ratios(self) -> list[float]:
        """How much of the bare loop's rate the system reaches, in each round."""
        return [ours.rate / theirs.rate for ours, theirs in zip(self.system, self.bare, strict=True)]

    @property
    def ratio(self) -> float:
        """The median of `ratios`."""
        return median(self.ratios)

    @property
    def cpu_ratio(self) -> float | None:
        """The bare loop's processor time, all rounds together, as a share of the system's; processes count it in
        hundredths of a second, so that a short run may have had none."""
        ours = sum(pace.cpu_each for pace in self.system)
        return sum(pace.cpu_each for pace in self.bare) / ours if ours else None

    @property
    def missed(self) -> bool:
        """Whether there is a target and it is not reached."""
        return self.target is not None and self.ratio < self.target


@dataclass(slots=True)
class Findings:
    """What a bench found: figures, hops of a way in milliseconds (p50, p99), pages (p50, p95), peaks of memory in
    bytes, remarks, and targets missed that are no figure's."""

    compared: list[Compared] = field(default_factory=list)
    hops: list[tuple[str, float, float]] = field(default_factory=list)
    pages: list[tuple[str, float, float]] = field(default_factory=list)
    peaks: dict[str, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
