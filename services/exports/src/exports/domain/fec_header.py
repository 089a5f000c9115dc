"""The first line of a FEC, judged: which columns there are is read as it is where a FEC is taken over."""

from exports.domain.fec_verdict import Verdict
from qontable.fec.layout import Columns, Layout, foreign_separator, read_columns


def judge_header(text: str, verdict: Verdict) -> Layout | None:
    """The layout that the line declares; None when nothing below it can be judged."""
    columns = read_columns(text)
    if columns is None:
        verdict.add("separator", 1, detail=foreign_separator(text) or "no separator")
        return None
    for rule, names in (("repeated_column", columns.repeated), ("missing_column", columns.missing)):
        for name in names:
            verdict.add(rule, 1, name)
    if columns.missing:
        return None
    _judge_order(columns, verdict)
    return columns.layout


def _judge_order(columns: Columns, verdict: Verdict) -> None:
    """The law's columns come first, by the law's names and in its order."""
    if columns.names[: len(columns.wanted)] != columns.wanted:
        verdict.add("column_order", 1)
    for name in columns.layout.extra:
        verdict.add("extra_column", 1, name)
