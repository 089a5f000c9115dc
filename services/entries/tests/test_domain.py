"""The small rules: codes, duplicates, what a document is."""

import hashlib
import math
import re
from pathlib import Path
from typing import Any

import pytest

import entries
from entries.domain.ack import _STEP, ALPHABET, CODES, CodesExhausted, ack_code
from entries.domain.decision import AWAITED
from entries.domain.duplicates import duplicate_key
from entries.domain.inspection import inspect
from qontable.findings import catalogue

from .client import Client, line
from .document_server import PDF

CLIENT = Client("frm", "fil", "con", "soft")


def test_every_finding_that_makes_an_entry_wait_says_what_for() -> None:
    assert {code for code, text in catalogue().items() if text.effect == "waits"} == AWAITED.keys()


def test_no_two_entries_of_a_file_ever_share_a_code() -> None:
    numbers = [*range(1, 50_001), *range(CODES - 50_000, CODES + 1)]
    assert len({ack_code(number) for number in numbers}) == len(numbers)
    assert math.gcd(_STEP, CODES) == 1
    with pytest.raises(CodesExhausted):
        ack_code(CODES + 1)


def test_a_code_has_no_character_that_is_read_as_another() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET)
    assert not set(ALPHABET) & set("0O1IL")


def key(**changes: Any) -> bytes | None:
    return duplicate_key(CLIENT.validated("ent", **{"invoice_number": "FD-1", **changes}))


def test_the_spelling_of_an_amount_or_the_date_makes_no_difference_between_duplicates() -> None:
    lines = [line("606400", "120", "0"), line("401000", "0", "120.000", "401DURAND")]
    assert key() == key(lines=lines) == key(date="2026-04-01", invoice_number=" FD-1 ")


@pytest.mark.parametrize(
    "changes",
    [
        {"invoice_number": "FD-2"},
        {"kind": "bank"},
        {"lines": [line("606400", "121", "0"), line("401000", "0", "121", "401DURAND")]},
        {"lines": [line("606400", "0", "120"), line("401000", "120", "0", "401DURAND")]},
        {"lines": [line("606400", "120", "0"), line("401000", "0", "120", "401AUTRE")]},
    ],
)
def test_another_invoice_amount_side_or_third_party_is_no_duplicate(changes: dict[str, Any]) -> None:
    assert key(**changes) not in (None, key())


@pytest.mark.parametrize(
    "changes",
    [
        {"invoice_number": None},
        {"lines": [line("606400", "1", "0"), line("512000", "0", "1")]},
        {"lines": [line("606400", "1", "0"), line("401000", "0", "x", "401DURAND")]},
    ],
)
def test_an_entry_without_third_party_number_or_amount_has_no_duplicates(changes: dict[str, Any]) -> None:
    assert key(**changes) is None


PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"0" * 100


@pytest.mark.parametrize(
    ("body", "media_type", "code"),
    [
        (PDF, "application/pdf", None),
        (PNG, "image/png", None),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"0" * 50, "image/jpg", None),
        ("Relevé n° 1;12,50".encode(), "text/csv", None),
        (PNG, "application/pdf", "document_other_type"),
        (b"<html>", "application/pdf", "document_other_type"),
        (b"nothing known", "application/pdf", "document_other_type"),
        (b"MZ\x00\x00", "text/plain", "document_other_type"),
        (b"", "application/pdf", "document_empty"),
    ],
)
def test_a_document_is_told_by_its_content(body: bytes, media_type: str, code: str | None) -> None:
    finding = inspect(body, sha256=hashlib.sha256(body).hexdigest(), size=len(body), media_type=media_type)
    assert (finding.code if finding else None) == code


def test_a_document_with_another_hash_or_size_is_not_what_was_announced() -> None:
    for changed in ({"sha256": "0" * 64}, {"size": len(PDF) + 1}):
        announced = {"sha256": hashlib.sha256(PDF).hexdigest(), "size": len(PDF), **changed}
        finding = inspect(PDF, media_type="application/pdf", **announced)
        assert finding is not None
        assert finding.code == "document_other_content"


def test_every_finding_that_entries_makes_has_its_sentences() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(entries.__file__).parent.rglob("*.py"))
    made = set(re.findall(r'Finding\("(\w+)"', sources))
    assert {"document_gone", "document_other_content"} <= made
    assert made <= set(catalogue())
