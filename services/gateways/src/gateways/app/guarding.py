"""What a connector that raised comes to: whatever it is, the question was not answered."""

from collections.abc import AsyncIterator, Awaitable
from typing import TypeVar

import structlog

from gateways.domain.outcome import CouldNotAsk, Exchange, NotAnswered
from gateways.domain.words import words
from qontable.telemetry import frames

log = structlog.get_logger()

T = TypeVar("T")


async def answered(operation: str, question: Awaitable[T]) -> T | CouldNotAsk:
    """The answer to a question, or why there is none. A fault of the connector is logged and counts as none."""
    try:
        return await question
    except NotAnswered as error:
        return error.failure
    except Exception as error:  # noqa: BLE001 - a question that failed, whatever the reason, was not answered
        return fault(operation, error)


def fault(operation: str, error: Exception) -> CouldNotAsk:
    """A fault of the connector, as an answer; logged without the error's message, which may quote the entry."""
    log.error("connector failed", operation=operation, error=type(error).__name__, at=frames(error))
    return CouldNotAsk(exchange=Exchange(), message=words("not_answered"), cause="unreachable")


async def next_part(operation: str, parts: AsyncIterator[T]) -> T | CouldNotAsk | None:
    """The next part of a stream, nothing at its end, or why it broke off."""
    try:
        return await anext(parts)
    except StopAsyncIteration:
        return None
    except NotAnswered as error:
        return error.failure
    except Exception as error:  # noqa: BLE001 - see above
        return fault(operation, error)
