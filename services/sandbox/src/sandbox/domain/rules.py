"""What must be known of a software to fill it and to judge its books; everything else is in the software's folder."""

from dataclasses import dataclass, field
from typing import Literal

from sandbox.domain.firm_key import KeyForm

Closable = Literal["journal", "account", "fiscal_year"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a software takes and keeps. A limit of None is no limit that is known.

    `label`: characters of a line's label. `piece`: characters of a piece or an invoice number, which are letters and
    digits unless it keeps `signs`; 0 where there is no field for them. `account`: characters of an account's number.
    `documents`: how many an entry takes. `one_field`: general account and subsidiary code are one number, else a line
    has both. `cut_codes`: a subsidiary code longer than `account` is cut there. `marked`: labels end in the mark
    (`domain/marks.py`) by which the entry is known again. `uuids`: references are kept as UUIDs. `one_number`: a line
    carries the document's number or the invoice's, not always both; `coded`: an entry without either carries its ACK
    code. `thirds_due`: only lines of third parties need a
    due date. `unkept`: words of `comparison.Difference` for what the software has no field for, so that nobody can
    judge it. `closes`: what can be closed in it so that it refuses entries. `key`: what a firm's key to it looks like.
    `usual`: the one that commands book in where nobody names one. `manners`: names for how it answers where its
    vendor's documents disagree, the usual one first.
    """

    connector: str
    label: int | None
    piece: int | None
    account: int
    documents: int | None = None
    one_field: bool = True
    cut_codes: bool = False
    marked: bool = False
    uuids: bool = False
    signs: bool = False
    one_number: bool = False
    coded: bool = False
    thirds_due: bool = False
    unkept: frozenset[str] = frozenset()
    closes: frozenset[Closable] = frozenset({"journal", "account"})
    key: KeyForm = field(default_factory=KeyForm)
    usual: bool = False
    manners: tuple[str, ...] = ()
