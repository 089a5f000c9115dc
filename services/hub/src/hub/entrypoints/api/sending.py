"""What is shown of things that send daily: when they do so next."""

from typing import TypeVar

from hub.app.hub import Hub
from hub.domain.client_file import ClientFile
from hub.domain.connection import Connection
from hub.domain.sending import next_sending
from qontable.clock import now

Sender = TypeVar("Sender", Connection, ClientFile)


def shown(hub: Hub, sender: Sender) -> Sender:
    """The connection or client file with its next sending, as it is at this moment."""
    following = next_sending(hub.evening, now()) if sender.sends_daily else None
    return sender.model_copy(update={"next_sending": following})
