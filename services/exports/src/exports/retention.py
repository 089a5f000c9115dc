"""What exports forgets. Batches and where their files lie are kept: the law asks for ten years (docs/retention.md)."""

from qontable.retention import Retention

RETENTIONS = (Retention("recalls", "no dispatch can come any more that they are about", since="requested_at", days=45),)
