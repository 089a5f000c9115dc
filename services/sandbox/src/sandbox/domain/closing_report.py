"""What a job ends with: how long it took, what came back and was mended, and the judge's verdict."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Returned:
    """An entry that came back: by its key, who said so, in which words, with which remedy, and what was done."""

    key: str
    entry_id: str
    revision: int
    said_by: str
    words: str
    remedy: str
    mended: str = ""


@dataclass(frozen=True, slots=True)
class FilledFirm:
    """A firm that was filled for people to look at: client files by their state in the Hub, and who may sign in."""

    firm_id: str
    name: str
    states: dict[str, int]
    administrator: str
    token: str


@dataclass(slots=True)
class ClosingReport:
    """The end of a job. `verdict` is the judge's; without waiting for the end there is none."""

    title: str
    connector: str
    software_file: str
    limits: str
    entries: int
    kinds: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    returned: list[Returned] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    verdict: dict[str, Any] | None = None
    addresses: dict[str, str] = field(default_factory=dict)
    firm: FilledFirm | None = None

    @property
    def clean(self) -> bool:
        """Whether everything is in the books once, as it was published, and nothing else went wrong."""
        return not self.failures and (self.verdict is None or bool(self.verdict["clean"]))

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {"clean": self.clean} | asdict(self)


def read_returned(entry: dict[str, Any]) -> Returned:
    """An entry that came back, from what the platform heard of it: the software's own words, or our findings."""
    message = entry["message"]
    if message:
        words = ": ".join(filter(None, (message.get("code"), message["text"])))
        remedy, said_by = message["remedy"].get("en", ""), "software"
    else:
        findings = entry["findings"]
        words = "; ".join(finding["message"].get("en", finding["code"]) for finding in findings) or entry["detail"]
        remedy = "; ".join(filter(None, (finding["remedy"].get("en", "") for finding in findings)))
        said_by = "pre-flight"
    return Returned(entry["key"], entry["entry_id"], entry["revision"], said_by, words, remedy)
