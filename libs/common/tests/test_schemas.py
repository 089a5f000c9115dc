"""Contracts: schemas agree with models, golden samples with both, and a change that breaks a reader is refused."""

import copy
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
from typer.testing import CliRunner

from qontable.clock import now
from qontable.events import EVENT_TYPES
from qontable.events.base import Event
from qontable.events.platform import EntryValidated
from qontable.events.reference import AccountsFetched, snapshot_hash
from qontable.schemas import Sample, sample_events, samples, schema
from qontable.schemas.__main__ import app
from qontable.schemas.asyncapi import assemble
from qontable.schemas.generation import breaks, generate
from qontable.topics import MAX_INTAKE_BYTES
from qontable.wire import read_entry

DOCS = Path(__file__).parents[3] / "docs"
SAMPLES = [(ce_type, sample) for ce_type in EVENT_TYPES for sample in samples(ce_type)]
NAMES = [f"{ce_type} {sample.name}" for ce_type, sample in SAMPLES]
WRONG: tuple[Any, ...] = (None, [], {}, True, "\x00", "", 3.5, "3", 3)


def _valid(ce_type: str, body: bytes) -> None:
    jsonschema_rs.validate(schema(ce_type), orjson.loads(body), validate_formats=True)


@pytest.mark.parametrize("ce_type", EVENT_TYPES)
def test_every_type_has_a_valid_schema_and_a_golden_sample(ce_type: str) -> None:
    jsonschema_rs.meta.validate(schema(ce_type))
    assert samples(ce_type)


@pytest.mark.parametrize(("ce_type", "sample"), SAMPLES, ids=NAMES)
def test_a_golden_sample_is_valid_and_read_and_what_we_write_of_it_is_valid_again(ce_type: str, sample: Sample) -> None:
    _valid(ce_type, sample.body)
    event = EVENT_TYPES[ce_type].read(sample.body)
    _valid(ce_type, event.body())
    assert EVENT_TYPES[ce_type].read(event.body()) == event


@pytest.mark.parametrize("event", EVENT_TYPES.values(), ids=lambda event: event.type_name)
def test_what_the_schema_refuses_the_model_refuses_and_the_other_way_round(event: type[Event]) -> None:
    """Each field of each sample, put wrong in turn: schema and model agree on all of them."""
    validator = jsonschema_rs.validator_for(schema(event.ce_type()), validate_formats=True)
    for sample in samples(event.ce_type()):
        body = orjson.loads(sample.body)
        for name in body:
            for wrong in WRONG:
                changed = body | {name: wrong}
                assert validator.is_valid(changed) == _is_read(event, changed), (sample.name, name, wrong)
            without = {key: value for key, value in body.items() if key != name}
            assert validator.is_valid(without) == _is_read(event, without), (sample.name, name)


def test_files_are_up_to_date() -> None:
    result = CliRunner().invoke(app, ["check", "--document", str(DOCS / "asyncapi.json")])
    assert result.exit_code == 0, result.output


def test_an_out_of_date_file_is_named(tmp_path: Path) -> None:
    stale = tmp_path / "asyncapi.json"
    stale.write_text("{}")
    result = CliRunner().invoke(app, ["check", "--document", str(stale)])
    assert (result.exit_code, "asyncapi.json is out of date" in result.output) == (1, True)


def test_samples_of_entries_balance_and_the_snapshot_samples_agree() -> None:
    assert {read_entry(event).kind.value for event in sample_events(EntryValidated)} >= {"purchase", "sale", "bank"}
    fetched = sample_events(AccountsFetched)
    rows = [event.rows for event in fetched if event.rows]
    (closing,) = [event.closing for event in fetched if event.closing]
    assert snapshot_hash(rows) == closing.sha256


def test_an_entry_of_two_thousand_lines_is_valid_read_and_within_the_limit_of_intake() -> None:
    (sample,) = [event for event in sample_events(EntryValidated) if event.kind == "bank"]
    debit, credit = sample.lines
    long = sample.model_copy(update={"lines": (debit, credit) * 1_000, "validated_at": now()})
    _valid(EntryValidated.ce_type(), long.body())
    assert len(long.body()) < MAX_INTAKE_BYTES
    assert len(read_entry(EntryValidated.read(long.body())).lines) == 2_000


def test_the_document_refers_to_nothing_that_is_missing() -> None:
    document = assemble()
    references = re.findall(r'"\$ref":"([^"]+)"', orjson.dumps(document).decode())
    for reference in set(references):
        if reference.startswith("#/"):
            found: Any = document
            for step in reference[2:].split("/"):
                found = found[step]
        else:
            assert (DOCS / reference).exists()
    for message in document["components"]["messages"].values():
        assert all((DOCS / path).exists() for path in message["x-samples"])


def _changed(path: str, value: Any) -> dict[str, Any]:
    """The schema of `accounts.fetched` with one thing changed; None removes it."""
    new: Any = copy.deepcopy(generate(AccountsFetched))
    *steps, last = path.split("/")
    target = new
    for step in steps:
        target = target[step]
    if value is None:
        del target[last]
    else:
        target[last] = value
    return dict(new)


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("required", ["refresh_id", "fetch_id", "firm_id", "file_id", "part"], "body.part becomes required"),
        ("properties/part", None, "body.part is gone"),
        ("properties/file_id/type", "integer", "body.file_id is no string any more"),
        ("properties/file_id/maxLength", 40, "body.file_id becomes narrower"),
        ("properties/kinds/items/enum", ["accounts"], "body.kinds[] becomes narrower"),
        ("$defs/Account/properties/label", None, "Account.label is gone"),
        ("$defs/Closing/properties/rows/minimum", 1, "Closing.rows becomes narrower"),
    ],
)
def test_a_change_that_breaks_readers_is_named(path: str, value: Any, reason: str) -> None:
    assert reason in breaks(generate(AccountsFetched), _changed(path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("properties/news", {"type": "string"}),
        ("properties/file_id/maxLength", 200),
        ("properties/kinds/items/enum", ["accounts", "subsidiaries", "journals", "fiscal_years", "axes"]),
        ("properties/refresh_id/pattern", None),
    ],
)
def test_a_change_that_only_allows_more_is_none_that_breaks(path: str, value: Any) -> None:
    assert breaks(generate(AccountsFetched), _changed(path, value)) == []


def _is_read(event: type[Event], body: Any) -> bool:
    try:
        event.read(orjson.dumps(body))
    except ValueError:
        return False
    return True
