"""Reading a FEC, the accounting entries file that French law asks of every company (article A47 A-1 of the LPF).

`open_fec(path)` reads the whole file once to check it and raises `FecRefused` with every problem it found; what it
returns then streams entries from the file as often as asked, holding one entry at a time. What was read in a way that
somebody might not expect is in `Fec.notices`, never silent.
"""

from qontable.fec.book import Fec, open_fec
from qontable.fec.entries import FecEntry
from qontable.fec.problems import FecRefused, Notice, Problem
from qontable.fec.rows import FecRow

__all__ = ["Fec", "FecEntry", "FecRefused", "FecRow", "Notice", "Problem", "open_fec"]
