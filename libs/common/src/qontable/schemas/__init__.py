"""The contracts as files: one JSON Schema per event type and major version, with golden samples that are kept for ever.

Schemas are written from the event models by `python -m qontable.schemas write`; samples are written by hand. Every
consumer's tests replay the samples of what it reads (`sample_events`): so nobody stops reading what was once published.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import orjson

from qontable.events.base import Event

FOLDER = Path(__file__).parent
SAMPLES = FOLDER / "samples"

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Sample:
    """One record's body as it may stand on the topic; the name says what is special about it."""

    name: str
    body: bytes


def contract_name(ce_type: str) -> str:
    """The name of a type's files: `qontable.entry.validated.v1` → `entry.validated.v1`."""
    return ce_type.removeprefix("qontable.")


def schema(ce_type: str) -> dict[str, Any]:
    """A type's JSON Schema as it was written. Raises `FileNotFoundError` for a type that has none."""
    content: dict[str, Any] = orjson.loads((FOLDER / f"{contract_name(ce_type)}.json").read_bytes())
    return content


def samples(ce_type: str) -> tuple[Sample, ...]:
    """A type's golden samples, by name; none for a type that has none."""
    files = sorted((SAMPLES / contract_name(ce_type)).glob("*.json"))
    return tuple(Sample(file.stem, file.read_bytes()) for file in files)


def sample_events(event: type[E]) -> list[E]:
    """A type's golden samples as its model reads them. Raises `pydantic.ValidationError` where it no longer does."""
    return [event.read(sample.body) for sample in samples(event.ce_type())]
