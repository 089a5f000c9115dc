"""What gateways forget. What was sent and answered is kept: the law asks for ten years (docs/retention.md)."""

from qontable.retention import Retention

RETENTIONS = (
    Retention(
        "document_links",
        "they lead nowhere any more; a month long the answer is that they have ended",
        since="expires_at",
        days=30,
    ),
)
