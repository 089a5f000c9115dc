"""A FEC that conforms, and what has to be done to it to break each rule."""

from collections.abc import Callable

NAME = "123456789FEC20261231.txt"
HEAD = (
    "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate|"
    "EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise"
)
ROWS = (
    "ACH|Achats|1|20260315|606100|Fournitures|||F1|20260315|ORANGE|100,00|0,00|||20260331||",
    "ACH|Achats|1|20260315|401000|Fournisseurs|401O|ORANGE|F1|20260315|ORANGE|0,00|100,00|A|20260401|20260331||",
    "VTE|Ventes|2|20260316|411000|Clients|411D|DUPONT|V1|20260316|DUPONT|50,00|0,00|||20260331||",
    "VTE|Ventes|2|20260316|706000|Prestations|||V1|20260316|DUPONT|0,00|50,00|||20260331|-60,00|USD",
)
GOOD = "\n".join((HEAD, *ROWS, ""))
Break = Callable[[str], str]


def swap(old: str, new: str, count: int = 1) -> Break:
    """The text with something else in the place of `old`."""

    def broken(text: str) -> str:
        assert old in text
        return text.replace(old, new, count)

    return broken


def without_column(name: str) -> Break:
    """The file without one of its columns."""

    def broken(text: str) -> str:
        lines = [line.split("|") for line in text.splitlines()]
        position = lines[0].index(name)
        return "\n".join("|".join(line[:position] + line[position + 1 :]) for line in lines) + "\n"

    return broken


REFUSED: dict[str, tuple[Break, int, str]] = {
    "separator": (swap("|", ";", -1), 1, ""),
    "missing_column": (without_column("PieceRef"), 1, "PieceRef"),
    "repeated_column": (swap("CompAuxLib", "CompAuxNum"), 1, "CompAuxNum"),
    "no_lines": (lambda _: HEAD + "\n", 0, ""),
    "empty_line": (swap("\nVTE", "\n\nVTE"), 4, ""),
    "field_count": (swap("|DUPONT|0,00|50,00", "|DU|PONT|0,00|50,00"), 5, ""),
    "control_character": (swap("Clients", "Cli\x01ents"), 4, ""),
    "field_empty": (swap("Prestations", ""), 5, "CompteLib"),
    "date_impossible": (swap("20260316|411000", "20261316|411000"), 4, "EcritureDate"),
    "amount_unreadable": (swap("50,00|0,00", "50.00|0,00"), 4, "Debit"),
    "both_sides": (swap("100,00|0,00", "100,00|100,00"), 2, ""),
    "subsidiary_pair": (swap("411D|DUPONT", "411D|"), 4, "CompAuxNum"),
    "currency_pair": (swap("-60,00|USD", "-60,00|"), 5, "Montantdevise"),
    "numbering": (lambda text: text.replace("|Ventes|2|", "|Ventes|4|") + _third(), 6, "EcritureNum"),
    "entry_unbalanced": (swap("0,00|50,00", "0,00|49,99"), 4, ""),
    "journal_unbalanced": (swap("0,00|50,00", "0,00|49,99"), 0, ""),
    "outside_year": (swap("20260316", "20250316", 2), 4, "EcritureDate"),
}
"""What breaks a rule for which a file is refused, and where the breach has to be found."""

TOLD: dict[str, tuple[Break, int, str]] = {
    "column_order": (swap("JournalCode", "JOURNALCODE"), 1, ""),
    "extra_column": (
        lambda text: "\n".join(line + "|x" for line in text.splitlines()).replace("|x", "|Plus", 1) + "\n",
        1,
        "Plus",
    ),
    "date_spelling": (swap("20260316|411000", "16/03/2026|411000"), 4, "EcritureDate"),
    "account_root": (swap("|606100|", "|A06100|"), 2, "CompteNum"),
    "no_amount": (
        lambda text: text + "VTE|Ventes|2|20260316|706000|Prestations|||V1|20260316|DUPONT|0,00|0,00|||20260331||\n",
        6,
        "",
    ),
    "lettering_pair": (swap("|A|20260401|", "|A||"), 3, "EcritureLet"),
    "currency_unknown": (swap("USD", "ZZZ"), 5, "Idevise"),
    "number_no_integer": (swap("|Ventes|2|", "|Ventes|deux|", 2), 4, "EcritureNum"),
    "entry_dates": (swap("20260316|706000", "20260317|706000"), 5, "EcritureDate"),
    "validated_before": (swap("|||20260331||\nACH", "|||20260301||\nACH"), 2, "ValidDate"),
    "not_validated_in_order": (swap("50,00|0,00|||20260331", "50,00|0,00|||20260330"), 4, "ValidDate"),
}
"""What breaks a rule that is only told."""


def _third() -> str:
    """An entry of the first journal again, so that neither the file nor the journals are numbered without a gap."""
    return ROWS[0].replace("|1|", "|9|") + "\n" + ROWS[1].replace("|1|", "|9|") + "\n"
