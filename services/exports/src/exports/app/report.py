"""The report that goes with a file: what was written and what was altered, for programs and for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import orjson

from exports.domain.description import Description
from exports.domain.findings import MOST_TOLD, Findings, Found, catalogue
from exports.domain.preparing import Totals
from qontable.bilingual import Language, set_french_words
from qontable.figures import write_amount, write_number
from qontable.money import BOOK_CURRENCY

TITLES: dict[Language, dict[str, str]] = {
    "fr": set_french_words(
        {
            "title": "Rapport d'export",
            "written": "Fichier écrit",
            "stopped": "Rien n'a été écrit : corrigez d'abord ce qui suit.",
            "entries": "Écritures",
            "lines": "Lignes",
            "debit": "Total débit",
            "credit": "Total crédit",
            "documents": "Justificatifs",
            "none": "Rien à signaler.",
            "stops": "Empêche l'export",
            "tells": "À savoir",
            "where": "Écriture",
            "what": "Constat",
            "remedy": "Que faire",
            "first": "Les {count} premiers sont listés.",
        }
    ),
    "en": {
        "title": "Export report",
        "written": "File written",
        "stopped": "Nothing was written: correct the following first.",
        "entries": "Entries",
        "lines": "Lines",
        "debit": "Total debit",
        "credit": "Total credit",
        "documents": "Documents",
        "none": "Nothing to report.",
        "stops": "Stops the export",
        "tells": "Good to know",
        "where": "Entry",
        "what": "Finding",
        "remedy": "What to do",
        "first": "The first {count} are listed.",
    },
}
STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.5rem;"
    "border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent)}dl{display:grid;"
    "grid-template-columns:max-content 1fr;gap:.25rem 1.5rem}dd{margin:0;font-variant-numeric:tabular-nums}"
    "td:first-child{white-space:nowrap}"
    "section{border-left:4px solid;padding-left:1rem;margin-top:2rem}h2{font-size:1.15rem;margin:0}"
    "h2+p{margin:0 0 .5rem}"
    ".stops{border-color:#c0392b}.tells{border-color:#b9770e}"
)


@dataclass(frozen=True, slots=True)
class Report:
    """What one export came to. `stopped` says that no file was written."""

    description: Description
    file_name: str
    totals: Totals
    findings: Findings
    stopped: bool

    def as_json(self) -> bytes:
        """For programs: everything, in both languages."""
        return orjson.dumps(
            {
                "format": self.description.name,
                "file": self.file_name,
                "written": not self.stopped,
                "entries": self.totals.entries,
                "lines": self.totals.lines,
                "documents": self.totals.documents,
                "debit": f"{self.totals.debit:.2f}",
                "credit": f"{self.totals.credit:.2f}",
                "counts": self.findings.counts,
                "findings": [_told(found) for found in self.findings.told()],
            },
            option=orjson.OPT_INDENT_2,
        )

    def as_page(self, language: Language) -> str:
        """For people: a page that needs nothing else."""
        words = TITLES[language]
        title = f"{words['title']} · {self.description.title}"
        return (
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
            f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
            f"<h1>{escape(title)}</h1>{self._outcome(language, words)}{self._kinds(language, words)}</body></html>\n"
        )

    def _outcome(self, language: Language, words: dict[str, str]) -> str:
        if self.stopped:
            return f"<p><strong>{escape(words['stopped'])}</strong></p>"
        rows = {
            words["written"]: self.file_name,
            words["entries"]: write_number(self.totals.entries, language),
            words["lines"]: write_number(self.totals.lines, language),
            words["debit"]: write_amount(self.totals.debit, BOOK_CURRENCY, language),
            words["credit"]: write_amount(self.totals.credit, BOOK_CURRENCY, language),
            words["documents"]: write_number(self.totals.documents, language),
        }
        return (
            "<dl>"
            + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows.items())
            + "</dl>"
        )

    def _kinds(self, language: Language, words: dict[str, str]) -> str:
        sections = [self._kind(code, told, language, words) for code, told in self.findings.by_kind()]
        return "".join(sections) or f"<p>{escape(words['none'])}</p>"

    def _kind(self, code: str, told: Sequence[Found], language: Language, words: dict[str, str]) -> str:
        """One kind of finding: its name, how often, what it means for the export, and the findings themselves.

        A remedy that all of them share is said once, above them.
        """
        text, count = catalogue()[code], self.findings.counts[code]
        said = [f"{words[text.effect]}."]
        if len(told) == MOST_TOLD:
            said.append(words["first"].format(count=write_number(MOST_TOLD, language)))
        columns = {
            words["where"]: [found.where for found in told],
            words["what"]: [found.message(language) for found in told],
            words["remedy"]: [found.remedy(language) for found in told],
        }
        if len(remedies := set(columns[words["remedy"]])) == 1:
            said += remedies
            del columns[words["remedy"]]
        return (
            f'<section class="{text.effect}"><h2>{escape(text.title[language])} ({write_number(count, language)})</h2>'
            f"<p>{escape(' '.join(said))}</p>{_table(columns)}</section>"
        )


def _told(found: Found) -> dict[str, Any]:
    return {
        "code": found.code,
        "effect": found.effect,
        "where": found.where,
        "message": {language: found.message(language) for language in ("fr", "en")},
        "remedy": {language: found.remedy(language) for language in ("fr", "en")},
        "values": found.values,
    }


def _table(columns: dict[str, list[str]]) -> str:
    heads = "".join(f"<th>{escape(name)}</th>" for name in columns)
    rows = (
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        for cells in zip(*columns.values(), strict=True)
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
