"""The analytic shares of a line as formats write them, each below or behind its line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from exports.domain.fitting import Fitting
from exports.domain.posting import Posting
from exports.formats.plain import Write
from qontable.cutting import cut

HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Share:
    """One share. `percent` is of its line, rounded to two decimals: the amount is exact, the percentage illustrates."""

    posting: Posting
    axis: str
    section: str
    share: Decimal
    percent: Decimal
    axis_code: str


def with_shares(
    postings: Iterable[Posting], lines: Iterable[str], write: Write, fitting: Fitting, section_max: int = 17
) -> Iterator[str]:
    """Each line, its shares behind it."""
    for posting, line in zip(postings, lines, strict=True):
        yield line
        if posting.line.analytic:
            yield from map(write, shares(posting, fitting, section_max=section_max))


def shares(posting: Posting, fitting: Fitting, *, section_max: int = 17) -> Iterator[Share]:
    """The line's shares in order. A section longer than `section_max` is refused as a code that is too long."""
    axes: list[str] = []
    for share in posting.line.analytic:
        if share.axis not in axes:
            axes.append(share.axis)
        section = fitting.text("label", share.section)
        if len(section) > section_max:
            fitting.tell("code_too_long", code=section, length=str(len(section)), max=str(section_max))
        amount = abs(share.amount)
        total = posting.amount
        percent = (amount * 100 / total).quantize(HUNDREDTH, ROUND_HALF_UP) if total else Decimal(0)
        yield Share(
            posting,
            fitting.text("label", share.axis),
            cut(section, section_max),
            amount,
            percent,
            f"A{axes.index(share.axis) + 1}",
        )
