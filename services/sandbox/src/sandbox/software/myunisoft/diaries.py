"""Journals ("diary"), with the vendor's types and what each type demands of an entry."""

from dataclasses import dataclass
from typing import Any

from sandbox.adapters.books import JournalRow, journals
from sandbox.software.myunisoft.call import Call, Route


@dataclass(frozen=True, slots=True)
class DiaryType:
    """A type of journal: the vendor's id, code and name, its name in the read model, and its rules.

    `needs` are roots of which an entry must hold one account, else `needs_error`; `refuses` are roots that no line may
    have. That a bank journal wants 51 or 54 and a cash journal 53 is published, as is that a purchase journal refuses
    41; that a sales journal refuses 40 is assumed by symmetry.
    """

    id: int
    code: str
    name: str
    mad_name: str
    needs: tuple[str, ...] = ()
    needs_error: str = ""
    refuses: tuple[str, ...] = ()


TYPES: dict[str, DiaryType] = {
    "purchases": DiaryType(1, "ACH", "Achat", "Achat", refuses=("41",)),
    "sales": DiaryType(2, "VTE", "Vente", "Vente", refuses=("40",)),
    "bank": DiaryType(3, "BQ", "Banque", "Banque", needs=("51", "54"), needs_error="ECR36"),
    "cash": DiaryType(4, "CAISSE", "Caisse", "Caisse", needs=("53",), needs_error="ECR37"),
    "general": DiaryType(5, "OD", "OD", "OD"),
    "opening": DiaryType(10, "AN", "À Nouveaux", "A Nouveaux"),
    "expense_reports": DiaryType(13, "NDF", "Note de frais", "Note de Frais"),
    "other": DiaryType(15, "OD_EXC", "OD Extracomptable", "OD Extracomptable"),
}
"""By the kit's word. Published: the ids, codes and names of docs/accounting/folder/journaux.md. A code JOURNAL13
("no entry into a journal of type À-Nouveaux") is published without saying where; here opening entries are accepted."""


async def list_diaries(call: Call) -> Any:
    """`GET /diary?q=&type=&code=`: journals, not paged."""
    wanted = call.query.get("q", "").lower()
    return [
        _diary(row)
        for row in await journals(call.connection, call.society.id)
        if wanted in f"{row.code} {row.name}".lower()
        and call.query.get("code", row.code) == row.code
        and call.query.get("type", diary_type(row.type).code) == diary_type(row.type).code
    ]


def diary_type(journal_type: str) -> DiaryType:
    """The vendor's type for the kit's word."""
    return TYPES[journal_type]


def _diary(row: JournalRow) -> dict[str, Any]:
    kind = diary_type(row.type)
    account = {"id": row.account_id, "label": row.account_label, "number": row.account} if row.account_id else None
    return {
        "diary_id": row.id,
        "code": row.code,
        "name": row.name,
        "account": account,
        "blocked": row.locked,
        "closed": row.closed,
        "diary_type_id": kind.id,
        "diary_type_code": kind.code,
        "diary_type_name": kind.name,
    }


ROUTES = (Route("GET", "/diary", list_diaries),)
