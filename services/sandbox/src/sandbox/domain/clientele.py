"""The client files of a firm worth opening: what each is called, and the state it is left in."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from pydantic import Field

from qontable.events.base import Part
from sandbox.domain.book.generator import LEAST_ENTRIES, make_book
from sandbox.domain.book.problems import plant_problems
from sandbox.domain.drafts import Draft
from sandbox.domain.rules import Closable

Story = Literal[
    "booked", "returned", "year_missing", "duplicate", "to_activate", "to_map", "only_there", "daily", "manual"
]
Wait = Literal["fiscal_year", "duplicate_answer", "activation", "mapping", "evening", "synchronize"]

WAITS: dict[Story, Wait] = {
    "year_missing": "fiscal_year",
    "duplicate": "duplicate_answer",
    "to_activate": "activation",
    "to_map": "mapping",
    "daily": "evening",
    "manual": "synchronize",
}
"""What the entries that a story leaves behind wait for, in the words of `entry.status_changed`."""
PUT_OFF: frozenset[Story] = frozenset({"daily", "manual"})
"""Stories whose second half is validated after the firm has chosen that entries leave later."""
INACTIVE: frozenset[Story] = frozenset({"to_activate", "to_map"})


class FileStory(Part):
    """A client file. `there` is its software file's name, None where the software has none."""

    name: str
    siren: str | None = None
    there: str | None = None
    connector: str
    story: Story
    entries: int = Field(ge=0, le=LEAST_ENTRIES)


class Clientele(Part):
    """A software's `clientele.toml`: client files, and how often entries leave in the end where that changes."""

    frequency: str | None = None
    files: tuple[FileStory, ...]


@dataclass(frozen=True, slots=True)
class Portions:
    """A file's entries: those that leave, those that are said later or wait; how many wait in the end, how many return.

    `later` is published once the software or the frequency has changed.
    """

    first: tuple[Draft, ...]
    later: tuple[Draft, ...]
    waiting: int
    returned: int


def load_clientele(connector: str) -> Clientele:
    """The part of a firm's clientele whose books are in this software, which may be none."""
    content = files("sandbox.software").joinpath(connector, "clientele.toml")
    said = tomllib.loads(content.read_text(encoding="utf-8")) if content.is_file() else {"files": []}
    stories = [story | {"connector": connector} for story in said["files"]]
    return Clientele.model_validate(said | {"files": stories})


def entries_of(file: FileStory, seed: int, closes: frozenset[Closable]) -> Portions:
    """A book of `file`'s own with what its story asks for; the same arguments always give the same entries."""
    book = make_book(LEAST_ENTRIES, seed)
    drafts = book.drafts[: file.entries]
    half = len(drafts) // 2
    match file.story:
        case "booked":
            return Portions(drafts, (), 0, 0)
        case "returned":
            problems = {problem.published.key: problem for problem in plant_problems(book, closes)}
            planted = tuple(problems[draft.key].published for draft in drafts if draft.key in problems)
            return Portions(tuple(draft for draft in drafts if draft.key not in problems), planted, 0, len(planted))
        case "duplicate":
            return Portions(drafts, (_again(drafts),), 1, 0)
        case "daily" | "manual":
            return Portions(drafts[:half], drafts[half:], len(drafts) - half, 0)
        case "year_missing" | "to_activate" | "to_map" | "only_there":
            return Portions((), drafts, len(drafts), 0)


def _again(drafts: tuple[Draft, ...]) -> Draft:
    """The first invoice with a third party once more, as somebody may file it twice."""
    invoice = next(draft for draft in drafts if draft.invoice_number and any(line.subsidiary for line in draft.lines))
    return invoice.model_copy(update={"key": f"{invoice.key}-bis", "document_number": None})
