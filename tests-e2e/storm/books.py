"""What of all that was sent is in the books, by whatever name a software keeps of an entry."""

from typing import Any

from qontable.reference import reference_uuid

from .eyes import Eyes

SENT = """
    select d.delivery_id, d.firm_id, d.file_id, d.entry_id, d.dispatch ->> 'reference' as reference,
        d.dispatch ->> 'ack_code' as mark, p.software_file_id
    from gateways.deliveries d join sandbox.platform_entries p using (file_id, entry_id)
"""


async def sent(eyes: Eyes, condition: str, *given: Any) -> list[dict[str, Any]]:
    """Deliveries for which a condition on `d` holds, each with whether its entry is `booked`."""
    rows = await eyes.rows(f"{SENT} where {condition}", *given)
    known = {name for row in rows for name in names(row)}
    booked = {
        (row["software_file_id"], row["reference"])
        for row in await eyes.rows(
            "select software_file_id::text, reference from sandbox.booked_entries where reference = any($1::text[])",
            list(known),
        )
    }
    return [
        dict(row) | {"booked": any((row["software_file_id"], name) in booked for name in names(row))} for row in rows
    ]


def names(row: Any) -> tuple[str, str, str]:
    """Our reference, the same as a UUID, and the mark at the end of the label."""
    return row["reference"], str(reference_uuid(row["reference"])), row["mark"]
