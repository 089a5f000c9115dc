"""The documents of entries that leave get links, where the software fetches them by itself (decision 16)."""

from collections.abc import Sequence
from dataclasses import replace

from gateways.adapters.attempts import Opened
from gateways.adapters.links import open_links
from gateways.app.tenure import Tenure
from gateways.domain.delivery import Delivery
from gateways.domain.links import PATH, PURPOSE, NewLink, token_for
from gateways.domain.port import Parcel, ParcelDocument

Leaving = tuple[Delivery, Opened, Parcel]
"""An entry on its way: its row, the attempt on record, what the connector is given."""


async def linked(tenure: Tenure, leaving: Sequence[Leaving]) -> list[Leaving]:
    """The same parcels with links in their documents, open from now on; raises one of `UNREACHABLE`."""
    life = tenure.rules.link_life
    if life is None:
        return list(leaving)
    secret = tenure.parts.ring.secret_for(PURPOSE)
    links = {
        (delivery.delivery_id, document.kept.document_id): NewLink(
            delivery_id=delivery.delivery_id,
            attempt=attempt.number,
            firm_id=delivery.firm_id,
            connection_id=delivery.connection_id,
            document=document.kept,
            token=token_for(secret, delivery.delivery_id, attempt.number, document.kept.document_id),
        )
        for delivery, attempt, parcel in leaving
        for document in parcel.documents
    }
    if links:
        async with tenure.parts.units.database.pool.acquire() as connection:
            await open_links(connection, list(links.values()), life)

    def with_link(delivery: Delivery, document: ParcelDocument) -> ParcelDocument:
        token = links[delivery.delivery_id, document.kept.document_id].token
        return replace(document, link=f"{tenure.parts.links_url}{PATH}/{token}")

    return [
        (delivery, attempt, replace(parcel, documents=tuple(with_link(delivery, item) for item in parcel.documents)))
        for delivery, attempt, parcel in leaving
    ]
