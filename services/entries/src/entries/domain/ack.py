"""ACK codes: four characters by which an entry is recognised in the books, unique within its client file (DESIGN 2).

The n-th entry of a file gets the n-th code of a fixed permutation, so codes never collide and no search for a free one
is needed; neighbours get codes that look nothing alike.
"""

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Digits and capitals without those that are read as one another: 0 and O, 1, I and L."""
LENGTH = 4
CODES = len(ALPHABET) ** LENGTH
_STEP = 387_420  # no multiple of 31, hence every code is met once


class CodesExhausted(RuntimeError):
    """A client file has more entries than there are codes."""


def ack_code(number: int) -> str:
    """The code of a file's `number`-th entry, counted from 1. Raises `CodesExhausted` beyond `CODES`."""
    if number > CODES:
        raise CodesExhausted(f"a client file has at most {CODES} entries")
    place = number * _STEP % CODES
    symbols = []
    for _ in range(LENGTH):
        place, symbol = divmod(place, len(ALPHABET))
        symbols.append(ALPHABET[symbol])
    return "".join(symbols)
