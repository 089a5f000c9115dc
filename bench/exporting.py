"""An import file of many lines, written as the service and the command write it."""

from pathlib import Path

from bench.ledger import PARAMETERS, SIREN, ready_entries
from bench.turns import Clock, Order, Turn, take_turns
from exports.app import export as exports
from exports.domain.book import Book
from exports.formats.registry import format_of


def prepared(order: Order) -> Turn:
    """A turn writes a book of `count` lines in the format that the order names, into its folder."""
    wanted = exports.Order(format_of(order["format"]), PARAMETERS, Path(order["folder"]))

    def turn(count: int, clock: Clock) -> None:
        done = exports.export(Book("bench", SIREN, lambda: ready_entries(count, clock)), wanted)
        assert not done.report.stopped, list(done.report.findings.told())[:3]

    return turn


if __name__ == "__main__":
    take_turns(prepared)
