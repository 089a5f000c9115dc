"""`qontable set-aside`: what could not be processed, and its return."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from qontable.clock import PARIS
from qontable.database import Database
from qontable.header_names import name_bytes
from qontable.place import Place, one_place, places, run, with_database
from qontable.producer import new_producer
from qontable.replay import Ending, KeptRecord, close, find_kept, list_kept, replay

SENTENCES = {
    (Ending.DONE, "replay"): "is on its topic again",
    (Ending.DONE, "close"): "is closed",
    (Ending.ALREADY, "replay"): "was replayed before: nothing done",
    (Ending.ALREADY, "close"): "was closed before: nothing done",
    (Ending.UNKNOWN, "replay"): "is not there",
    (Ending.UNKNOWN, "close"): "is not there",
    (Ending.OTHER_END, "replay"): "was closed: nothing done",
    (Ending.OTHER_END, "close"): "was replayed: nothing done",
    (
        Ending.IDENTITY_REUSED,
        "replay",
    ): "has another event's identity and would be set aside again: close it",
    (Ending.BROKER_REFUSED, "replay"): "was refused by the broker: see the limits of its topic",
    (
        Ending.HEADER_UNSENDABLE,
        "replay",
    ): "has a header whose name is not UTF-8, which cannot be sent as it was: close it",
}
MOST = 2**63 - 1
"""The highest number that a row can have."""
HEAD = ("service", "id", "set aside", "topic", "reason", "detail", "ended")

app = typer.Typer(no_args_is_help=True, help="What could not be processed, and its return.")
Service = Annotated[
    str | None, typer.Option(help="Whose records, in the local stack; else the one that QONTABLE_DATABASE_URL is of.")
]
Ids = Annotated[list[int], typer.Argument(min=1, max=MOST, help="Numbers as `list` shows them.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("list")
def list_records(
    service: Service = None,
    topic: Annotated[str | None, typer.Option(help="Of this topic only.")] = None,
    reason: Annotated[str | None, typer.Option(help="For this reason only.")] = None,
    ended: Annotated[bool, typer.Option("--ended", help="Also those that were replayed or closed.")] = False,
    as_json: Json = False,
) -> None:
    """What was set aside and still waits for a person."""

    async def look(database: Database) -> list[KeptRecord]:
        return await list_kept(database, topic=topic, reason=reason, ended=ended)

    found = [(place, kept) for place in places(service) for kept in run(with_database(place, look))]
    if as_json:
        typer.echo(orjson.dumps([_summary(place, kept) for place, kept in found]))
        return
    table = Table(*(Column(name, no_wrap=name in ("id", "reason")) for name in HEAD))
    for place, kept in found:
        moment = kept.set_aside_at.astimezone(PARIS).strftime("%d/%m %H:%M")
        cells = (place.service, str(kept.id), moment, kept.topic, kept.reason, kept.detail, _end(kept))
        table.add_row(*map(Text, cells))  # as they are: what stands in brackets is no markup of ours
    Console().print(table)


@app.command()
def show(
    number: Annotated[int, typer.Argument(metavar="ID", min=1, max=MOST, help="Number as `list` shows it.")],
    service: Service = None,
    body: Annotated[bool, typer.Option("--body", help="Also the body: it holds business data.")] = False,
) -> None:
    """Everything about one record, as JSON."""
    place = one_place(service)
    kept = run(with_database(place, lambda database: find_kept(database, number)))
    if kept is None:
        typer.echo(f"{place.service} {number} is not there", err=True)
        raise typer.Exit(1)
    content = _summary(place, kept) | {
        "key": _text(kept.key),
        "headers": [[_text(name_bytes(name)), _text(value)] for name, value in kept.wire_headers],
        "traceparent": kept.traceparent,
        "closed_note": kept.closed_note,
    }
    if body:
        content["body"] = _text(kept.body)
    typer.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2))


@app.command("replay")
def replay_records(ids: Ids, service: Service = None) -> None:
    """Put records on their topic again, as they were, in the order of their numbers. Twice is once."""
    place = one_place(service)

    if not place.kafka:
        raise typer.BadParameter("QONTABLE_KAFKA says where the broker is")

    async def work(database: Database) -> bool:
        async with AsyncExitStack() as stack:
            producer = new_producer(place.kafka, idempotent=False)
            stack.push_async_callback(producer.stop)
            await producer.start()
            return await _each(
                "replay", place, ids, lambda number: replay(database, producer, place.topic_prefix, number)
            )

    if not run(with_database(place, work)):
        raise typer.Exit(1)


@app.command("close")
def close_records(
    ids: Ids,
    note: Annotated[str, typer.Option(help="Why they shall not come back.")],
    service: Service = None,
) -> None:
    """Close records that shall not come back."""
    place = one_place(service)
    if not note.strip():
        raise typer.BadParameter("a note says why", param_hint="--note")

    async def work(database: Database) -> bool:
        return await _each("close", place, ids, lambda number: close(database, number, note))

    if not run(with_database(place, work)):
        raise typer.Exit(1)


async def _each(wish: str, place: Place, ids: list[int], act: Callable[[int], Awaitable[Ending]]) -> bool:
    """Act on each row in the order of their numbers and say what came of it; whether none was refused."""
    refused = False
    for number in sorted(ids):
        ending = await act(number)
        refused |= ending.refused
        typer.echo(f"{place.service} {number} {SENTENCES[ending, wish]}")
    return not refused


def _summary(place: Place, kept: KeptRecord) -> dict[str, Any]:
    return {
        "service": place.service,
        "id": kept.id,
        "consumer": kept.consumer,
        "topic": kept.topic,
        "partition": kept.partition,
        "offset": kept.record_offset,
        "reason": kept.reason,
        "detail": kept.detail,
        "bytes": kept.size,
        "set_aside_at": kept.set_aside_at,
        "replayed_at": kept.replayed_at,
        "closed_at": kept.closed_at,
    }


def _end(kept: KeptRecord) -> str:
    if kept.closed_at:
        return f"closed: {kept.closed_note}"
    return "replayed" if kept.replayed_at else ""


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode("utf-8", errors="backslashreplace")
