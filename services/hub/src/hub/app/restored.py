"""After a backup was restored: exports that were asked for since, and have ended, are in the history (decision 19)."""

from collections.abc import Iterable

from pydantic import ValidationError

from hub.adapters.exports import has_file, keep_request
from hub.domain.export import ExportWish
from qontable.events.export import ExportOrder, ExportRequested
from qontable.unit import Units


async def bring_back(units: Units, requests: Iterable[ExportRequested], ended: set[str]) -> int:
    """Keep these requests as far as they have ended, which `export.completed` says when it is read again; their number.

    One of a client file that came after the backup stays unknown: its outcome is set aside and can be replayed.
    """
    kept = 0
    for event in requests:
        wish = _wish(event.order)
        if event.export_id not in ended or wish is None:
            continue
        async with units.unit() as unit:
            if await has_file(unit.connection, event.firm_id, event.file_id):
                kept += await keep_request(unit.connection, event, wish)
    return kept


def _wish(order: ExportOrder) -> ExportWish | None:
    """What the person said, as far as the order tells it: a software is told by its format."""
    year = {"start": order.year_start, "end": order.year_end} if order.year_start and order.year_end else None
    try:
        return ExportWish.model_validate(
            {
                "format": order.format,
                "with_documents": order.with_documents,
                "again": order.again,
                "first": order.first,
                "last": order.last,
                "fiscal_year": year,
                "folder": order.folder or None,
                "account_length": order.account_length,
            }
        )
    except ValidationError:
        return None
