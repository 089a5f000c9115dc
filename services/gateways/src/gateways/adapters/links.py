"""The table of links to documents: tokens as hashes, each with what it leads to and until when."""

from collections.abc import Sequence
from datetime import timedelta

from gateways.domain.links import Linked, NewLink, token_hash
from qontable.database import Connection
from qontable.events.delivery import KeptDocument


async def open_links(connection: Connection, links: Sequence[NewLink], life: timedelta) -> None:
    """Let these links lead to their documents for `life` from now. One statement; opening one twice is opening it."""
    await connection.execute(
        """
        insert into document_links (token_sha256, delivery_id, attempt, firm_id, connection_id, document, expires_at)
        select token, delivery_id, attempt, firm_id, connection_id, document::json, clock_timestamp() + $7::interval
        from unnest($1::bytea[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[])
            as new (token, delivery_id, attempt, firm_id, connection_id, document)
        on conflict do nothing
        """,
        [token_hash(link.token) for link in links],
        [link.delivery_id for link in links],
        [link.attempt for link in links],
        [link.firm_id for link in links],
        [link.connection_id for link in links],
        [link.document.model_dump_json() for link in links],
        life,
    )


async def follow(connection: Connection, token: str) -> Linked | None:
    """What a token leads to; nothing for one that was never given.

    It has ended once its time is over, it was revoked, its entry is back (refused, taken back, to be sent again), or a
    later attempt has links of its own.
    """
    row = await connection.fetchrow(
        """
        select l.document::text as document,
            l.revoked_at is not null or l.expires_at <= now() or d.state in ('queued', 'rejected', 'recalled')
            or exists (
                select from attempts a
                where a.delivery_id = l.delivery_id and a.operation = 'send' and a.number > l.attempt
            ) as ended
        from document_links l join deliveries d using (delivery_id)
        where l.token_sha256 = $1
        """,
        token_hash(token),
    )
    return Linked(KeptDocument.model_validate_json(row["document"]), row["ended"]) if row else None


async def revoke(connection: Connection, firm_id: str, connection_id: str | None, delivery_id: str | None) -> int:
    """End every open link of a firm, or those of one of its connections or deliveries; how many there were."""
    done: str = await connection.execute(
        """
        update document_links set revoked_at = now()
        where firm_id = $1 and revoked_at is null and expires_at > now()
            and ($2::text is null or connection_id = $2) and ($3::text is null or delivery_id = $3)
        """,
        firm_id,
        connection_id,
        delivery_id,
    )
    return int(done.rpartition(" ")[2])
