"""The report that goes with a file: what was written and what was altered, for programs and for people."""

from dataclasses import dataclass
from html import escape
from typing import Any

import orjson

from exports.domain.description import Description
from exports.domain.findings import Findings, Found, Language
from exports.domain.preparing import Totals

TITLES: dict[Language, dict[str, str]] = {
    "fr": {
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
        "more": "et {count} autres du même genre",
    },
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
        "more": "and {count} more of this kind",
    },
}
STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.5rem;"
    "border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent)}dl{display:grid;"
    "grid-template-columns:max-content 1fr;gap:.25rem 1.5rem}dd{margin:0;font-variant-numeric:tabular-nums}"
    "td:first-child{white-space:nowrap}"
    ".stops{border-left:4px solid #c0392b}.tells{border-left:4px solid #b9770e}"
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
            f"<h1>{escape(title)}</h1>{self._outcome(words)}{self._table(language, words)}</body></html>\n"
        )

    def _outcome(self, words: dict[str, str]) -> str:
        if self.stopped:
            return f"<p><strong>{escape(words['stopped'])}</strong></p>"
        rows = {
            words["written"]: self.file_name,
            words["entries"]: f"{self.totals.entries}",
            words["lines"]: f"{self.totals.lines}",
            words["debit"]: f"{self.totals.debit:.2f} €",
            words["credit"]: f"{self.totals.credit:.2f} €",
            words["documents"]: f"{self.totals.documents}",
        }
        return (
            "<dl>"
            + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows.items())
            + "</dl>"
        )

    def _table(self, language: Language, words: dict[str, str]) -> str:
        told = list(self.findings.told())
        if not told:
            return f"<p>{escape(words['none'])}</p>"
        rows = "".join(_row(found, language, words) for found in told)
        heads = "".join(f"<th>{escape(words[name])}</th>" for name in ("where", "what", "remedy"))
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{self._beyond(told, words)}"

    def _beyond(self, told: list[Found], words: dict[str, str]) -> str:
        """How many findings of a kind are only counted."""
        lines = []
        for code, count in self.findings.counts.items():
            more = count - sum(found.code == code for found in told)
            if more > 0:
                lines.append(f"<li>{escape(code)}: {escape(words['more'].format(count=more))}</li>")
        return f"<ul>{''.join(lines)}</ul>" if lines else ""


def _told(found: Found) -> dict[str, Any]:
    return {
        "code": found.code,
        "effect": found.effect,
        "where": found.where,
        "message": {language: found.message(language) for language in ("fr", "en")},
        "remedy": {language: found.remedy(language) for language in ("fr", "en")},
        "values": found.values,
    }


def _row(found: Found, language: Language, words: dict[str, str]) -> str:
    cells = (found.where, found.message(language), found.remedy(language))
    body = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr class="{found.effect}" title="{escape(words[found.effect])}">{body}</tr>'
