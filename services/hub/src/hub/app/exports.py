"""Asking for import files, looking at what came of them, and getting links to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from uuid import uuid4

from hub.adapters import exports, files
from hub.app.files import refuse_closed
from hub.app.hub import Action, Hub
from hub.domain.client_file import ClientFile
from hub.domain.export import Export, ExportWish, export_id_of
from hub.domain.firm import Caller
from hub.domain.problem import Refused
from qontable.clock import now
from qontable.database import Connection as Db
from qontable.events.export import ExportOrder, ExportRequested, FormatAnnounced
from qontable.links import Link, sign

LINK_LIFE = timedelta(minutes=15)
DOWNLOADS = "/downloads"
"""Where exports serves what links lead to."""


@dataclass(frozen=True, slots=True)
class SignedLink:
    """Where a person fetches a file, until when."""

    url: str
    expires_at: datetime


async def request(action: Action, file_ids: Sequence[str], wish: ExportWish, request_id: str | None) -> list[Export]:
    """Ask for an import file of each of these client files, or of none if one of them cannot have one.

    The same request again is the same exports. Raises `Refused`: file_unknown, file_closed, export_format_unknown,
    export_siren_missing, export_fiscal_year_missing, export_request_reused.
    """
    wanted = list(dict.fromkeys(file_ids))
    found = {file.file_id: file for file in await files.find_files(action.db, action.firm_id, wanted)}
    for file_id in wanted:
        if file_id not in found:
            raise Refused("file_unknown", file_id=file_id)
        refuse_closed(found[file_id])
    format_ = _format(await exports.list_formats(action.db), wish)
    named, moment = request_id or uuid4().hex, now()
    asked = []
    for file_id in wanted:
        order = _order(found[file_id], format_, wish)
        asked.append(await _ask(action, export_id_of(action.firm_id, named, file_id), file_id, order, wish, moment))
    return asked


async def _ask(
    action: Action, export_id: str, file_id: str, order: ExportOrder, wish: ExportWish, moment: datetime
) -> Export:
    event = ExportRequested(
        export_id=export_id,
        firm_id=action.firm_id,
        file_id=file_id,
        order=order,
        requested_by=action.caller.user_id,
        requested_at=moment,
    )
    is_new = await exports.keep_request(action.db, event, wish)
    kept = await read(action.db, action.firm_id, export_id)
    if kept.wish != wish:
        raise Refused("export_request_reused")
    if is_new:
        action.say(event)
        details = {"export_id": export_id, "format": order.format, "again": order.again}
        await action.note("file.export_asked", file_id, **details)
    return kept


async def read(db: Db, firm_id: str, export_id: str) -> Export:
    """One export of the firm. Raises `Refused` export_unknown."""
    found = await exports.find_export(db, firm_id, export_id)
    if found is None:
        raise Refused("export_unknown", export_id=export_id)
    return found


async def wait_for(hub: Hub, caller: Caller, export_id: str, seconds: float) -> Export:
    """The export as soon as it has ended, or when the time is over. Raises `Refused` export_unknown."""

    async def look() -> Export:
        async with hub.look(caller.firm_id) as db:
            return await read(db, caller.firm_id, export_id)

    return await hub.signals.until(
        export_signal(export_id), look, lambda export: export.state != "requested", seconds=seconds
    )


async def give_link(action: Action, export_id: str, name: str, exports_url: str, secret: str) -> SignedLink:
    """A link to a file of an export, for a quarter of an hour.

    Raises `Refused`: export_unknown, export_file_unknown.
    """
    export = await read(action.db, action.firm_id, export_id)
    if name not in {file.name for file in export.files}:
        raise Refused("export_file_unknown", export_id=export_id)
    expires_at = now() + LINK_LIFE
    token = sign(secret, Link(firm_id=action.firm_id, export_id=export_id, name=name, expires_at=expires_at))
    await action.note("export.link_given", export_id, file_id=export.file_id)
    return SignedLink(f"{exports_url.rstrip('/')}{DOWNLOADS}/{token}", expires_at)


def export_signal(export_id: str) -> str:
    """What is signalled when an export has ended."""
    return f"export {export_id}"


def _format(known: Sequence[FormatAnnounced], wish: ExportWish) -> FormatAnnounced:
    """The format that is meant: by its name, or the one that the software should try first."""
    for announced in known:
        if wish.format == announced.format or wish.software in announced.first_for:
            return announced
    names = {announced.format for announced in known} if wish.format else {n for a in known for n in a.first_for}
    asked = wish.format or wish.software or ""
    near = get_close_matches(asked.casefold(), sorted(names), n=1, cutoff=0.4)
    raise Refused("export_format_unknown", asked=asked, near=near[0] if near else ", ".join(sorted(names)))


def _order(file: ClientFile, format_: FormatAnnounced, wish: ExportWish) -> ExportOrder:
    year = wish.fiscal_year
    if "siren" in format_.needs and not file.siren:
        raise Refused("export_siren_missing", file_id=file.file_id, format=format_.title)
    if "fiscal_year" in format_.needs and year is None:
        raise Refused("export_fiscal_year_missing", format=format_.title)
    return ExportOrder(
        format=format_.format,
        with_documents=wish.with_documents,
        again=wish.again,
        first=wish.first.isoformat() if wish.first else None,
        last=wish.last.isoformat() if wish.last else None,
        company=file.name,
        siren=file.siren,
        folder=wish.folder if wish.folder is not None else file.code or "",
        account_length=wish.account_length,
        year_start=year.start.isoformat() if year else None,
        year_end=year.end.isoformat() if year else None,
        journal_map=file.journal_map,
    )
