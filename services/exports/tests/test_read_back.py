"""What is written is read back by a stranger's reader: every line of hard books, minus what the report declares."""

import os
import tempfile
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports.domain.book import BookEntry, BookLine, Kind
from exports.domain.description import Description
from exports.formats.registry import format_of
from qontable.cutting import cut
from qontable.entry import AnalyticShare
from qontable.flatfile.charset import Charset

from .readers import READERS, Read, read
from .sample import ZERO, exported

EXAMPLES = int(os.environ.get("QONTABLE_EXPORT_EXAMPLES", "12"))
ONE_FIELD = {
    "quadra-ascii",
    "isacompta",
    "sage50-ximport",
    "sage50-rimport",
    "ebp",
    "ebp-v3",
    "acd-csv",
    "pennylane-csv",
    "myunisoft-csv",
}
"""Formats whose files have one field for general and subsidiary account."""

HARD = "aZ09éÀœ€ß|;,\"'\t\x00\n#=+-@\\/ .ÿŁ漢😀\u00a0\u200b\u0301\u202e"
texts = st.text(st.sampled_from(HARD), max_size=60) | st.text(max_size=40)
amounts = st.sampled_from([Decimal("0.01"), Decimal("999999999.99"), Decimal("120.00")]) | st.integers(1, 10**9).map(
    lambda cents: Decimal(cents).scaleb(-2)
)
days = st.sampled_from([date(2024, 2, 29), date(2024, 1, 1), date(2024, 12, 31)]) | st.dates(
    date(2024, 1, 1), date(2024, 12, 31)
)
accounts = st.sampled_from(["606100", "445660", "512000", "6", "70610000"])
third_parties = st.sampled_from(["401ABC", "411Z", "401DEF12"])


kinds = st.sampled_from(get_args(Kind))


@st.composite
def details(draw: st.DrawFn, line: BookLine) -> BookLine:
    """The line as it is, or with an amount in another currency, or shared out over sections."""
    amount = abs(line.debit or line.credit)
    if draw(st.booleans()):
        twice = {"foreign_debit": line.debit * 2, "foreign_credit": line.credit * 2}
        line = line._replace(currency=draw(st.sampled_from(["USD", "JPY"])), rate=Decimal("0.5"), **twice)
    if draw(st.booleans()):
        part = min(amount, draw(amounts))
        parts = [AnalyticShare("AXE", "SEC", part), AnalyticShare("AXE", "SEC2", amount - part)]
        line = line._replace(analytic=tuple(share for share in parts if share.amount))
    return line


@st.composite
def entries(draw: st.DrawFn) -> BookEntry:
    """An entry that balances: some debits, one credit for their sum; a credit note has both below zero."""
    debits = draw(st.lists(amounts, min_size=1, max_size=4))
    lines = [BookLine(draw(accounts), draw(texts), draw(texts), amount, ZERO) for amount in debits]
    third_party = draw(third_parties)
    total = sum(debits, ZERO)
    if total > Decimal("999999999.99"):
        lines = [lines[0]._replace(debit=Decimal("0.01"))]
        total = Decimal("0.01")
    lines.append(BookLine(third_party[:3] + "000", draw(texts), draw(texts), ZERO, total, third_party, draw(texts)))
    sign = draw(st.sampled_from([1, -1]))
    signed = (line._replace(debit=sign * line.debit, credit=sign * line.credit) for line in lines)
    day = draw(days)
    return BookEntry(
        where="AC/1",
        journal="AC",
        journal_label=draw(texts),
        date=day,
        label=draw(texts),
        lines=tuple(draw(details(line)) for line in signed),
        kind=draw(kinds),
        invoice_number=draw(texts),
        due_date=draw(st.none() | st.just(day)),
    )


books = st.lists(entries(), min_size=1, max_size=4)


def label_as_written(text: str, description: Description) -> str:
    """What the declared rules make of a label: forbidden characters, the file's characters, the limit."""
    forbidden = str.maketrans(dict.fromkeys(description.forbidden, " "))
    fitted = Charset(description.encoding).fit(text.translate(forbidden))
    limit = description.limits.get("label")
    return cut(fitted, limit.max) if limit else fitted


def expected(format_: str, entry: BookEntry) -> list[Read]:
    description = format_of(format_)
    found = []
    for line in entry.lines:
        general = line.account.ljust(10, "0") if format_ == "isacompta" else line.account
        account = (line.subsidiary or general) if format_ in ONE_FIELD else general
        third_party = "" if format_ in ONE_FIELD else line.subsidiary
        label = label_as_written(line.label or entry.label, description).strip()
        found.append(Read(entry.journal, entry.date, account, third_party, label, line.debit - line.credit))
    return found


@pytest.mark.parametrize("format_", READERS)
def test_a_stranger_reads_every_line_back(format_: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=EXAMPLES < 100)
    @given(books)
    def walk(book: list[BookEntry]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            done = exported(out, format_, *book, year_start=date(2024, 1, 1), year_end=date(2024, 12, 31))
            assert not done.report.stopped, list(done.report.findings.told())
            name = format_of(format_).file_name.format(siren="123456789", closing="20241231")
            found = [line._replace(label=line.label.strip()) for line in read(format_, out / name)]
        wanted = [line for entry in book for line in expected(format_, entry)]
        assert Counter(found) == Counter(wanted)
        assert [line.day for line in found] == [line.day for line in wanted]

    walk()
