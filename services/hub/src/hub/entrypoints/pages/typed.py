"""What people typed in forms."""

import re
from collections.abc import Mapping

from fastapi.responses import Response
from starlette.datastructures import FormData

from hub.domain.connection import Connection, Connector
from hub.domain.problem import Fault, Refused
from hub.entrypoints.pages.rendering import Page
from qontable.sheet import Sheet

FIELD = "field."
REVISION = re.compile(r"[1-9][0-9]{0,9}")
MOST_REVISIONS = 2_000_000_000


def typed_revision(form: FormData) -> int:
    """The revision that was on the screen. Raises `Refused` invalid_address."""
    text = str(form.get("revision", ""))
    if not REVISION.fullmatch(text) or int(text) > MOST_REVISIONS:
        raise Refused("invalid_address", count=1)
    return int(text)


def typed_fields(sheet: Sheet, form: FormData) -> dict[str, str]:
    """The wizard's fields as they were typed, without the spaces that copying leaves around them."""
    return {item.name: str(form.get(f"{FIELD}{item.name}", "")).strip() for item in sheet.wizard}


def faults_by_field(refused: Refused | None) -> dict[str, Fault]:
    """Field → what is wrong with it."""
    faults = refused.faults if refused else []
    return {fault.where.removeprefix("fields."): fault for fault in faults}


def ask_for_keys(
    page: Page,
    software: Connector,
    *,
    action: str,
    typed: Mapping[str, str],
    connection: Connection | None = None,
    start: str | None = None,
    refused: Refused | None = None,
) -> Response:
    """The form of a software's keys, sent to `action`: of a new connection, begun once under `start`, or of this."""
    return page.show(
        "keys.html",
        status=422 if refused else 200,
        software=software,
        connection=connection,
        action=action,
        start=start,
        faults=faults_by_field(refused),
        problem=refused.problem(page.words.language) if refused else None,
        typed=typed,
    )
