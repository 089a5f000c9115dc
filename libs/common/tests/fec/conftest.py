"""A writer of FEC files, with every liberty that real softwares take."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from qontable.fec.layout import ALWAYS, SIDES

COLUMNS = (*ALWAYS[:11], *SIDES, *ALWAYS[11:])
PURCHASE = {
    "JournalCode": "ACH",
    "JournalLib": "Achats",
    "EcritureNum": "1",
    "EcritureDate": "20260315",
    "PieceRef": "F2026-0042",
    "PieceDate": "20260315",
    "EcritureLib": "Orange SA",
    "ValidDate": "20260331",
    "Debit": "0,00",
    "Credit": "0,00",
}
PURCHASE_LINES: list[dict[str, str]] = [
    PURCHASE | {"CompteNum": "606100", "CompteLib": "Électricité", "Debit": "100,00"},
    PURCHASE | {"CompteNum": "445660", "CompteLib": "TVA déductible", "Debit": "20,00"},
    PURCHASE
    | {
        "CompteNum": "401000",
        "CompteLib": "Fournisseurs",
        "CompAuxNum": "401ORANGE",
        "CompAuxLib": "Orange SA",
        "Credit": "120,00",
    },
]


def signed(line: Mapping[str, str]) -> dict[str, str]:
    """The same line with Montant and Sens."""
    debit = line["Debit"] not in ("0,00", "")
    rest = {name: value for name, value in line.items() if name not in ("Debit", "Credit")}
    return rest | {"Montant": line["Debit"] if debit else line["Credit"], "Sens": "D" if debit else "C"}


FecWriter = Callable[..., Path]


@pytest.fixture(scope="session")
def purchase() -> list[dict[str, str]]:
    """One balanced purchase of three lines."""
    return [dict(line) for line in PURCHASE_LINES]


@pytest.fixture
def write_fec(tmp_path: Path) -> FecWriter:
    """Writes lines (column → text) as a FEC and gives its path."""

    def write(
        lines: Iterable[Mapping[str, str]],
        *,
        columns: Sequence[str] = COLUMNS,
        separator: str = "\t",
        end: str = "\r\n",
        encoding: str = "utf-8",
        name: str = "fec.txt",
    ) -> Path:
        texts = [separator.join(columns), *(separator.join(line.get(name, "") for name in columns) for line in lines)]
        path = tmp_path / name
        path.write_bytes("".join(text + end for text in texts).encode(encoding))
        return path

    return write


@pytest.fixture
def as_montant_and_sens() -> Callable[[Mapping[str, str]], dict[str, str]]:
    """Turns a line with Debit and Credit into the same line with Montant and Sens."""
    return signed


@pytest.fixture(scope="session")
def columns() -> tuple[str, ...]:
    """The 18 columns of the law, in its order."""
    return COLUMNS
