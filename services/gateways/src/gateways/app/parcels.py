"""What a connector is given of a delivery."""

from pydantic import ValidationError

from gateways.adapters.deliveries import Work
from gateways.adapters.documents import parcel_documents
from gateways.app.tenure import Tenure
from gateways.domain.port import Parcel
from qontable.entry import EntryRefused
from qontable.wire import read_entry


class ParcelRefused(ValueError):
    """What was dispatched cannot become a parcel; `category` is one of `gateways.domain.words`."""

    def __init__(self, category: str) -> None:
        self.category = category
        super().__init__(category)


def parcel_of(tenure: Tenure, work: Work) -> Parcel:
    """The entry as it leaves. Raises `ParcelRefused` for an unreadable one, and for a connection of another firm."""
    known = tenure.connection
    if known is None or (known.firm_id, known.connector) != (work.delivery.firm_id, work.delivery.connector):
        raise ParcelRefused("foreign_connection")
    try:
        dispatched = work.dispatched()
        entry = read_entry(dispatched.entry)
    except (ValidationError, EntryRefused):
        raise ParcelRefused("entry_unreadable") from None
    return Parcel(
        entry=entry,
        reference=dispatched.reference,
        ack_code=dispatched.ack_code,
        journal_code=dispatched.journal_code,
        policies=dispatched.policies,
        documents=parcel_documents(tenure.parts.storage, dispatched.documents),
    )
