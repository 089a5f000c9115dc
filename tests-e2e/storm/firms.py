"""Who is in the storm: firms with client files, a book for each, and how each is connected."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from random import Random

from qontable.events.platform import WireLine
from sandbox.app.onboarding import Client
from sandbox.app.systems import Systems
from sandbox.domain.book.desk import YEAR
from sandbox.domain.book.generator import LEAST_ENTRIES, make_book
from sandbox.domain.drafts import Draft
from sandbox.domain.software_seed import seed_from_workshop

from .order import StormOrder

UNKNOWN_ACCOUNT, KNOWN_ACCOUNT = "699999", "606400"
"""What an accountant types by mistake, and what it should have been: no account of the workshop's chart, and one."""
FIRMS = {"frm_presto": ("real_time", 3), "frm_piano": ("manual", 2), "frm_nocturne": ("daily", 1)}
"""Firms by frequency and number of client files."""
MORE_FIRMS = {f"frm_vivace{number}": ("real_time", 3) for number in range(1, 5)}
"""Who joins where there are many entries: each firm has its own limits and its own failures."""
MANY = 1_000


def firms_of(order: StormOrder) -> dict[str, tuple[str, int]]:
    """The firms of a storm, by frequency and number of client files."""
    return FIRMS | (MORE_FIRMS if order.entries >= MANY else {})


@dataclass
class File:
    """A client file, what its accountant will validate, and where it goes once it is mapped."""

    client: Client
    frequency: str
    drafts: list[Draft]
    software_file_id: str = ""

    @property
    def firm_id(self) -> str:
        return self.client.firm_id

    @property
    def file_id(self) -> str:
        return self.client.file_id

    @property
    def connector(self) -> str:
        """Of which software the file is."""
        return self.client.seed.connector

    @property
    def code(self) -> str:
        """The software file's code."""
        return self.client.seed.code


@dataclass
class Firm:
    """A firm and its own way into the Hub."""

    firm_id: str
    systems: Systems
    files: list[File] = field(default_factory=list)

    @property
    def connectors(self) -> list[str]:
        """The softwares that the firm is connected to."""
        return sorted({file.connector for file in self.files})


def make_files(order: StormOrder) -> Iterator[File]:
    """Every client file with its share of the entries; the same order gives the same books.

    Softwares take turns, so that a firm with several files is connected to several.
    """
    turns = cycle(order.connectors)
    firms = firms_of(order)
    count = sum(files for _, files in firms.values())
    shares = [order.entries // count + (number < order.entries % count) for number in range(count)]
    for firm_id, (frequency, files) in firms.items():
        for number in range(files):
            share = shares.pop()
            book = make_book(max(share, LEAST_ENTRIES), seed=order.seed * 1_000 + len(shares))
            code = f"{firm_id.removeprefix('frm_').upper()}-{number + 1}"
            client = Client(
                firm_id=firm_id,
                firm_name=f"Cabinet {firm_id.removeprefix('frm_')}",
                file_id=f"fil_{code.lower()}",
                siren=None,
                seed=seed_from_workshop(book.workshop, connector=next(turns), firm=firm_id, code=code).model_copy(
                    update={"unique_references": order.unique}
                ),
                send_from=f"{YEAR}-01-01",
                ask_about_duplicates=False,
                real_limits=False,
            )
            yield File(client, frequency, list(book.drafts[:share]))


def may_be_misspelt(line: WireLine) -> bool:
    """Charges only: the software insists on the account of a bank, and on third parties."""
    return line.account.startswith("6")


def misspelt(draft: Draft, chance: Random) -> Draft:
    """The entry with an account that the software does not have: pre-flight returns it."""
    lines = list(draft.lines)
    place = chance.choice([number for number, line in enumerate(lines) if may_be_misspelt(line)])
    lines[place] = lines[place].model_copy(update={"account": UNKNOWN_ACCOUNT, "account_label": "Compte inconnu"})
    return draft.model_copy(update={"lines": tuple(lines)})


def spelt_right(lines: Sequence[WireLine]) -> tuple[WireLine, ...]:
    """The same lines, on an account that the software has where one was misspelt."""
    return tuple(
        line.model_copy(update={"account": KNOWN_ACCOUNT}) if line.account == UNKNOWN_ACCOUNT else line
        for line in lines
    )


def relabelled(draft: Draft, number: int) -> Draft:
    """The entry after its accountant looked at it again."""
    lines = tuple(line.model_copy(update={"label": f"v{number} {line.label}"}) for line in draft.lines)
    return draft.model_copy(update={"label": f"v{number} {draft.label}", "lines": lines})
