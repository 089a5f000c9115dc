"""The mapping table: client files left, files of the software right. What is typed is kept for a whole page or not."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from hub.adapters import file_creations, software_files
from hub.adapters import files as file_rows
from hub.app import connections, creating, mapping
from hub.app.hub import Hub
from hub.domain.client_file import ClientFile
from hub.domain.connection import ListedSoftwareFile
from hub.domain.cursor import read_cursor
from hub.domain.file_creation import lacking
from hub.domain.problem import Problem, Refused
from hub.domain.suggestion import Candidate, Suggestion
from hub.entrypoints.api.access import TheHub
from hub.entrypoints.api.values import Cursor
from hub.entrypoints.pages.rendering import Page, ThePage, go
from hub.entrypoints.pages.session import Posted, TheVisitor, Visitor
from hub.entrypoints.pages.wizard import read_with_software
from qontable.database import Connection as Db
from qontable.events.base import Id
from qontable.events.hub import SoftwareFile

router = APIRouter()
ROWS = 50
MOST_CHOICES = 5_000
ID = re.compile(r"[A-Za-z0-9_.:\-]{1,80}")
TYPED, CONFIRMED = "file.", "confirmed."
SURE = 0.8
"""From this certainty on a suggestion is filled in; below it is only shown."""

Show = Literal["unmapped", "all"]
OF_ROWS = frozenset(
    {"software_file_unknown", "software_file_taken", "siren_mismatch", "outcome_unknown", "file_closed"}
)


OF_CREATIONS = frozenset({"software_file_unknown", "software_file_taken", "client_file_exists", "client_file_created"})


@dataclass(frozen=True, slots=True)
class Row:
    """One client file in the table, with what is or was typed for it."""

    file: ClientFile
    candidates: list[Candidate]
    typed: str = ""
    problem: Problem | None = None
    asks_confirmation: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Which part of the table, as its address says."""

    connection_id: Id
    show: Show = "unmapped"
    q: Annotated[str, Query(max_length=200)] = ""
    cursor: Cursor = None


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form held: the choice of each file, whose other SIREN was confirmed, and what was refused where."""

    choices: dict[str, str] = field(default_factory=dict)
    confirmed: frozenset[str] = frozenset()
    at: str = ""
    refused: Refused | None = None


ThePlace: TypeAlias = Annotated[Place, Depends()]


@router.get("/connections/{connection_id}/mapping")
async def show_mapping(page: ThePage, visitor: TheVisitor, hub: TheHub, place: ThePlace) -> Response:
    """A page of the table, suggestions filled in."""
    return await show_table(page, visitor, hub, place, None)


@router.post("/connections/{connection_id}/mapping")
async def keep_mapping(page: ThePage, visitor: TheVisitor, hub: TheHub, place: ThePlace, form: Posted) -> Response:
    """Confirm: tie every file of the page that names one. If one of them cannot be tied, none is."""
    typed = Typed(
        choices={
            name.removeprefix(TYPED): str(value).strip() for name, value in form.items() if name.startswith(TYPED)
        },
        confirmed=frozenset(name.removeprefix(CONFIRMED) for name in form if name.startswith(CONFIRMED)),
    )
    labels = labels_of(await choices_of(hub, visitor, place.connection_id))
    file_id = ""
    try:
        async with hub.act(visitor.caller) as action:
            await connections.read(action.db, action.firm_id, place.connection_id)
            for file_id, choice in typed.choices.items():
                if choice:
                    await mapping.map_file(
                        action,
                        file_id,
                        connection_id=place.connection_id,
                        software_file_id=chosen_id(choice, labels),
                        siren_mismatch_confirmed=file_id in typed.confirmed,
                    )
    except Refused as refused:
        if refused.code not in OF_ROWS:
            raise
        return await show_table(page, visitor, hub, place, replace(typed, at=file_id, refused=refused))
    return go(f"/connections/{place.connection_id}", "mapped" if any(typed.choices.values()) else None)


@router.post("/connections/{connection_id}/file-creations")
async def create_files(page: ThePage, visitor: TheVisitor, hub: TheHub, connection_id: Id, form: Posted) -> Response:
    """Have client files created in Qonto for the ticked software files; if one of them has one, none is asked for."""
    ticked = [text for text in map(str, form.getlist("software_file")) if ID.fullmatch(text)]
    if not ticked:
        return go(f"/connections/{connection_id}/mapping", "nothing_chosen")
    try:
        async with hub.act(visitor.caller) as action:
            await creating.ask(action, connection_id, ticked)
    except Refused as refused:
        if refused.code not in OF_CREATIONS:
            raise
        return await show_table(page, visitor, hub, Place(connection_id), Typed(refused=refused))
    return go(f"/connections/{connection_id}/mapping", "creation_asked")


def labels_of(listed: Sequence[ListedSoftwareFile]) -> dict[str, str]:
    """How software files are named where one is chosen: code, name and SIREN, and the id where that is not enough."""
    plain = {
        item.software_file_id: " · ".join(part for part in (item.code, item.name, item.siren) if part)
        for item in listed
    }
    shared = Counter(plain.values())
    return {
        software_file_id: name if shared[name] == 1 else f"{name} · {software_file_id}"
        for software_file_id, name in plain.items()
    }


def chosen_id(typed: str, labels: Mapping[str, str]) -> str:
    """The software file that was chosen by its label, or named by its id or a code.

    Raises `Refused` software_file_unknown for what can be neither.
    """
    by_label = {label: software_file_id for software_file_id, label in labels.items()}
    found = by_label.get(typed, typed)
    if not ID.fullmatch(found):
        raise Refused("software_file_unknown", software_file_id=typed)
    return found


async def show_table(page: Page, visitor: Visitor, hub: Hub, place: Place, typed: Typed | None) -> Response:
    """The table, with what was typed and refused where that is given."""
    firm_id, connection_id = visitor.caller.firm_id, place.connection_id
    after = read_cursor(place.cursor, lambda key: (key[0], key[1])) if place.cursor else None
    async with hub.look(firm_id) as db:
        connection, software = await read_with_software(db, firm_id, connection_id)
        found, following = await file_rows.list_files(
            db,
            firm_id,
            text=place.q or None,
            state="to_map" if place.show == "unmapped" else None,
            connection_id=None,
            after=after,
            limit=ROWS,
        )
        suggested = {item.file_id: item for item in await mapping.suggest_mapping(db, firm_id, connection_id, None)}
        counts = await file_rows.count_files(db, firm_id)
        wanted = await _lacking(db, firm_id, connection_id, suggested.values())
        creations = await file_creations.list_creations(db, firm_id, connection_id)
    choices = await choices_of(hub, visitor, connection_id)
    labels = labels_of(choices)
    problem = typed.refused.problem(page.words.language) if typed and typed.refused else None
    rows = [
        _row(file, suggested[file.file_id].candidates if file.file_id in suggested else [], labels, typed, problem)
        for file in found
    ]
    return page.show(
        "mapping.html",
        status=problem.status if problem else 200,
        connection=connection,
        software=software,
        rows=rows,
        typed=typed,
        labels=labels,
        lists=software.sheet.lists_software_files,
        choices=[labels[item.software_file_id] for item in choices if item.tied_to is None],
        problem=problem,
        lacking=wanted[:ROWS],
        lacking_in_all=len(wanted),
        asked={item.software_file_id: creating.is_awaited(item) for item in creations if item.state == "asked"},
        show=place.show,
        q=place.q,
        cursor=place.cursor,
        following=following,
        unmapped=counts.get(None, {}).get("to_map", 0),
        total=sum(sum(states.values()) for states in counts.values()),
    )


async def _lacking(db: Db, firm_id: str, connection_id: str, suggestions: Iterable[Suggestion]) -> list[SoftwareFile]:
    free = await software_files.free_software_files(db, firm_id, connection_id)
    created = await file_creations.created_for(db, firm_id, connection_id)
    likely = {best.software_file.software_file_id for item in suggestions if (best := best_of(item.candidates))}
    return lacking(free, await file_rows.list_all(db, firm_id), likely | created.keys())


def _row(
    file: ClientFile, candidates: list[Candidate], labels: dict[str, str], typed: Typed | None, problem: Problem | None
) -> Row:
    if typed is None or not typed.at:
        return Row(file, candidates, typed=_filled(candidates, labels))
    mismatch = typed.at == file.file_id and problem is not None and problem.code == "siren_mismatch"
    return Row(
        file,
        candidates,
        typed=typed.choices.get(file.file_id, ""),
        problem=problem if typed.at == file.file_id else None,
        asks_confirmation=mismatch or file.file_id in typed.confirmed,
    )


def _filled(candidates: list[Candidate], labels: dict[str, str]) -> str:
    """The label of what is proposed for a file."""
    best = best_of(candidates)
    return labels.get(best.software_file.software_file_id, "") if best else ""


def best_of(candidates: Sequence[Candidate]) -> Candidate | None:
    """What is proposed for a file: the best candidate, if it is sure and the next one is not as good."""
    if not candidates or candidates[0].score < SURE:
        return None
    if len(candidates) > 1 and candidates[1].score >= candidates[0].score:
        return None
    return candidates[0]


async def choices_of(hub: Hub, visitor: Visitor, connection_id: str) -> list[ListedSoftwareFile]:
    async with hub.look(visitor.caller.firm_id) as db:
        listed, _ = await software_files.list_software_files(
            db, visitor.caller.firm_id, connection_id, text=None, after=None, limit=MOST_CHOICES
        )
    return listed
