"""FECs as three different programs would write them, made line by line so that the test knows every cent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

HEADER = (
    *("JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib"),
    *("PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate"),
    *("Montantdevise", "Idevise"),
)


@dataclass(frozen=True, slots=True)
class FecLine:
    """One line; amounts are decimal strings with a dot, dates eight digits."""

    journal: str
    number: str
    date: str
    account: str
    label: str
    debit: str = "0.00"
    credit: str = "0.00"
    third: tuple[str, str] = ("", "")
    piece: str = ""
    currency: tuple[str, str] = ("", "")

    @property
    def published_account(self) -> str:
        """The number under which the books know the line."""
        return self.third[0] or self.account


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a program writes its FEC."""

    encoding: str = "utf-8"
    separator: str = "\t"
    line_end: str = "\r\n"
    signed: bool = False
    bom: bool = False


JOURNALS = {"ACH": "Achats", "VTE": "Ventes", "BQ": "Banque", "OD": "Opérations diverses", "AN": "À-nouveaux"}
JOURNALS |= {"NDF": "Notes de frais"}


def write_fec(path: Path, lines: Iterable[FecLine], dialect: Dialect) -> Path:
    """Write a FEC in a dialect."""
    columns = [*HEADER[:11], *(("Montant", "Sens") if dialect.signed else ("Debit", "Credit")), *HEADER[13:]]
    rows = [columns, *(_row(line, dialect) for line in lines)]
    text = "".join(dialect.separator.join(row) + dialect.line_end for row in rows)
    path.write_bytes((b"\xef\xbb\xbf" if dialect.bom else b"") + text.encode(dialect.encoding))
    return path


def _row(line: FecLine, dialect: Dialect) -> list[str]:
    amounts = [line.debit, line.credit]
    if dialect.signed:
        amounts = [line.debit, "D"] if Decimal(line.debit) else [line.credit, "C"]
    return [
        line.journal,
        JOURNALS[line.journal],
        line.number,
        line.date,
        line.account,
        f"Compte {line.account}",
        *line.third,
        line.piece or line.number,
        line.date,
        line.label,
        *(amount.replace(".", ",") for amount in amounts),
        "",
        "",
        "20261231",
        *line.currency,
    ]


def purchase(number: str, third: tuple[str, str], net: str, vat: str, **other: str) -> list[FecLine]:
    """A supplier's invoice of three lines."""
    total = str(Decimal(net) + Decimal(vat))
    label = other.pop("label", f"{third[1]} facture {number}")
    common = {"journal": "ACH", "number": number, "date": "20260315", "label": label} | other
    return [
        FecLine(account="606100", debit=net, **common),  # type: ignore[arg-type]
        FecLine(account="445660", debit=vat, **common),  # type: ignore[arg-type]
        FecLine(account="401000", credit=total, third=third, **common),  # type: ignore[arg-type]
    ]


def payment(number: str, third: tuple[str, str], amount: str) -> list[FecLine]:
    """A supplier paid from the bank."""
    common = {"journal": "BQ", "number": number, "date": "20260420", "label": f"Virement {third[1]}"}
    return [
        FecLine(account="401000", debit=amount, third=third, **common),  # type: ignore[arg-type]
        FecLine(account="512000", credit=amount, **common),  # type: ignore[arg-type]
    ]


def accented_book() -> list[FecLine]:
    """Accents, a euro sign and an œ: characters that ISO-8859-15 has and ISO-8859-1 has not."""
    third = ("401COEUR", "Cœur de bœuf & fils, 5 €")
    lines = []
    for number in range(1, 41):
        lines += purchase(
            f"A{number:03}",
            third,
            f"{number}.10",
            "0.33",
            label=f"Façade à l'œil nº {number} – 5 €"[:60].replace("–", "-"),
        )
        lines += payment(f"B{number:03}", third, str(Decimal(f"{number}.10") + Decimal("0.33")))
    return lines


def signed_book() -> list[FecLine]:
    """Expense reports, sales with several rates and a currency, for the variant with amount and sense."""
    lines: list[FecLine] = []
    for number in range(1, 31):
        third = (f"411C{number % 7}", f"Client {number % 7}")
        common = {
            "journal": "VTE",
            "number": str(number),
            "date": f"202602{1 + number % 28:02}",
            "label": f"Vente {number}",
        }
        lines += [
            FecLine(account="411000", debit="355.50", third=third, currency=("400,00", "USD"), **common),  # type: ignore[arg-type]
            FecLine(account="707000", credit="200.00", **common),  # type: ignore[arg-type]
            FecLine(account="707100", credit="100.00", **common),  # type: ignore[arg-type]
            FecLine(account="445710", credit="55.50", **common),  # type: ignore[arg-type]
        ]
        report = {"journal": "NDF", "number": f"N{number}", "date": "20260228", "label": "Taxi, déjeuner"}
        lines += [
            FecLine(account="625100", debit="18.20", **report),  # type: ignore[arg-type]
            FecLine(account="421000", credit="18.20", third=("421MARTIN", "Martin Léa"), **report),  # type: ignore[arg-type]
        ]
    return lines


def odd_book() -> list[FecLine]:
    """What a real firm's file holds: openings, 1,000 lines in one entry, a piece twice, thirds that differ by a letter,
    codes without the usual roots, negative amounts, numbers that begin again in each journal, long labels."""
    opening = {"journal": "AN", "number": "1", "date": "20260101", "label": "À-nouveau"}
    lines = [
        FecLine(account="512000", debit="10000.00", **opening),  # type: ignore[arg-type]
        FecLine(account="411000", debit="120.50", third=("411DUPONT", "Dupont"), **opening),  # type: ignore[arg-type]
        FecLine(account="101000", credit="10120.50", **opening),  # type: ignore[arg-type]
    ]
    spread = {"journal": "OD", "number": "1", "date": "20261231", "label": "Répartition de l'année"}
    lines += [FecLine(account="615000", debit="1.01", **spread) for _ in range(999)]  # type: ignore[arg-type]
    lines += [FecLine(account="471000", credit="1008.99", **spread)]  # type: ignore[arg-type]
    for number, third in (("1", ("401DUPONT", "Dupont")), ("2", ("401DUPOND", "Dupond"))):
        lines += purchase(number, third, "100.00", "20.00", piece="F-2026-0042")
    lines += purchase("3", ("FDURAND", "Durand sans racine"), "55.00", "3.03")
    long = "Réfection complète de la toiture du bâtiment B, tranche conditionnelle nº 2, avenant 4"
    lines += purchase("4", ("0042", "Fournisseur numéroté"), "10.00", "2.00", label=long)
    credit_note = {"journal": "ACH", "number": "5", "date": "20260601", "label": "Avoir en négatif"}
    lines += [
        FecLine(account="606100", debit="-40.00", **credit_note),  # type: ignore[arg-type]
        FecLine(account="445660", debit="-8.00", **credit_note),  # type: ignore[arg-type]
        FecLine(account="401000", credit="-48.00", third=("401DUPONT", "Dupont"), **credit_note),  # type: ignore[arg-type]
    ]
    nothing = {"journal": "OD", "number": "2", "date": "20260630", "label": "Ligne à zéro"}
    lines += [
        FecLine(account="658000", debit="0.02", **nothing),  # type: ignore[arg-type]
        FecLine(account="471000", **nothing),  # type: ignore[arg-type]
        FecLine(account="758000", credit="0.02", **nothing),  # type: ignore[arg-type]
    ]
    return lines


def totals(lines: Sequence[FecLine]) -> dict[str, dict[str, str]]:
    """Debit and credit per published account, as the ledger prints them."""
    sums: dict[str, list[Decimal]] = {}
    for line in lines:
        both = sums.setdefault(line.published_account, [Decimal("0.00"), Decimal("0.00")])
        both[0] += Decimal(line.debit)
        both[1] += Decimal(line.credit)
    return {account: {"debit": str(debit), "credit": str(credit)} for account, (debit, credit) in sums.items()}


def entry_count(lines: Sequence[FecLine]) -> int:
    """How many entries: journal and number together."""
    return len({(line.journal, line.number) for line in lines})
