"""What accountants do in the storm, in an order that the seed decides: validate, validate again, undo, Synchronize."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

from sandbox.domain.drafts import Draft

from .firms import File, may_be_misspelt, misspelt, relabelled

PORTION = 12
SHARE_MISSPELT = 0.02
SHARE_REVISED = 0.10
SHARE_UNDONE = 0.04
SHARE_UNDONE_BEFORE = 0.5
"""Of the entries that are undone, those that are undone at once, so that validation and undoing race."""
SOON = 400
"""A second deed on an entry follows within so many places."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that an accountant does: entries are validated, or their reviews undone."""

    act: Literal["validate", "undo"]
    file: File
    drafts: tuple[Draft, ...]


def write_script(files: list[File], chance: Random) -> list[Deed]:
    """Every deed, in order; the drafts of a deed are validated together."""
    placed: list[tuple[float, Literal["validate", "undo"], File, Draft]] = []
    for file in files:
        for number, draft in enumerate(file.drafts):
            place = number * len(files) + chance.random()
            placed += ((place + after, act, file, said) for after, act, said in _life(draft, chance))
    placed.sort(key=lambda item: item[0])
    return list(_portions(placed, files))


def _life(draft: Draft, chance: Random) -> Iterator[tuple[float, Literal["validate", "undo"], Draft]]:
    dice = chance.random()
    misspells = any(map(may_be_misspelt, draft.lines)) and dice < SHARE_MISSPELT
    yield 0.0, "validate", misspelt(draft, chance) if misspells else draft
    if chance.random() < SHARE_REVISED:
        yield chance.uniform(0, SOON), "validate", relabelled(draft, 2)
    if chance.random() < SHARE_UNDONE:
        at_once = chance.random() < SHARE_UNDONE_BEFORE
        undone = 0.5 if at_once else chance.uniform(0, SOON)
        yield undone, "undo", draft
        if chance.random() < 0.5:
            yield undone + chance.uniform(1, SOON), "validate", relabelled(draft, 3)


def _portions(
    placed: list[tuple[float, Literal["validate", "undo"], File, Draft]], files: list[File]
) -> Iterator[Deed]:
    """Deeds of one kind and file together, an entry once in each, in the order of their last."""
    open_deeds: dict[str, tuple[Literal["validate", "undo"], list[Draft]]] = {}
    for _, act, file, draft in placed:
        kind, drafts = open_deeds.get(file.file_id, (act, []))
        if drafts and (kind != act or len(drafts) == PORTION or draft.key in {one.key for one in drafts}):
            yield Deed(kind, file, tuple(drafts))
            drafts = []
        open_deeds[file.file_id] = act, [*drafts, draft]
    by_id = {file.file_id: file for file in files}
    for file_id, (kind, drafts) in open_deeds.items():
        yield Deed(kind, by_id[file_id], tuple(drafts))
