"""What a person may correct of an entry, what they typed, and what pre-flight says of it: nothing else changes.

Fields are named like the places of findings: `date`, `journal.code`, `label`, `lines.0.account`,
`lines.0.subsidiary.code`. Amounts, documents and the number of lines are the platform's (`correctable`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from hub.domain.client_file import ClientFile
from hub.domain.problem import Fault
from qontable.bilingual import Bilingual
from qontable.entry import Entry, EntryRefused, Finding
from qontable.events.platform import EntryContent
from qontable.findings import cured_by, render, waits
from qontable.preflight import Case, ReferenceState, mapped_journal, preflight
from qontable.sheet import Sheet
from qontable.wire import read_entry

MOST_LINES = 500
"""An entry of more lines is corrected in Qonto: no page shows so many fields."""
MAX_TEXT = 20_000
"""What an event's text may hold."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MAY_GO = re.compile(r"lines\.\d+\.(account_label|subsidiary\.(code|label))")
"""Fields that may be emptied; whatever else an entry holds may be changed, not removed."""
MISSING: Bilingual = {"fr": "Ce champ ne peut pas être vide.", "en": "This field cannot be empty."}
FILL_IN: Bilingual = {"fr": "Saisissez une valeur.", "en": "Type a value."}
TOO_LONG: Bilingual = {
    "fr": f"Ce texte dépasse {MAX_TEXT} caractères.",
    "en": f"This text is longer than {MAX_TEXT} characters.",
}
SHORTEN: Bilingual = {"fr": "Raccourcissez-le.", "en": "Shorten it."}


@dataclass(frozen=True, slots=True)
class Checked:
    """What was typed, measured. `content` is the corrected entry, nothing where it cannot be made.

    `stops`: with these it would come straight back. `doubts`: with these too, unless the software has changed since
    `read_at`, when what we know of it was read: it is read again before the entry is returned. `waits`: with these it
    would wait.
    """

    content: EntryContent | None
    stops: tuple[Fault, ...] = ()
    doubts: tuple[Fault, ...] = ()
    waits: tuple[Fault, ...] = ()
    read_at: datetime | None = None


class Corrected(NamedTuple):
    """An entry with what was typed: as it is said, and as it is checked."""

    content: EntryContent
    entry: Entry


def editable(content: EntryContent) -> dict[str, str]:
    """Field → what the form shows in it; line ends have no place in a field."""
    found = {"date": content.date, "journal.code": content.journal.code, "label": content.label}
    for index, line in enumerate(content.lines):
        root = f"lines.{index}"
        found |= {f"{root}.account": line.account, f"{root}.account_label": line.account_label}
        if line.subsidiary:
            found[f"{root}.subsidiary.code"] = line.subsidiary.code
            found[f"{root}.subsidiary.label"] = line.subsidiary.label
        found[f"{root}.label"] = line.label
    return {field: _in_one_line(text) for field, text in found.items()}


def changed(content: EntryContent, typed: Mapping[str, str]) -> dict[str, str]:
    """Field → its new text, of those that somebody changed. A field that was not sent stays as it is."""
    news = {}
    for field, shown in editable(content).items():
        text = _in_one_line(typed.get(field, shown))
        if text != shown:
            news[field] = text.strip()
    return news


def correct(content: EntryContent, typed: Mapping[str, str]) -> Corrected | Checked:
    """`content` corrected by what was typed; what is wrong where that makes no entry."""
    news = changed(content, typed)
    misread = tuple(_misread(news))
    if misread:
        return Checked(None, misread)
    corrected = _corrected(content, news)
    try:
        return Corrected(corrected, read_entry(corrected))
    except EntryRefused as refused:
        return Checked(None, tuple(map(_fault, refused.findings)))


def judge(corrected: Corrected, file: ClientFile, sheet: Sheet | None, state: ReferenceState | None) -> Checked:
    """What pre-flight says, by the data sheet and by what was read of the software file (`state`, where it was).

    `entries`, which decides, checks again.
    """
    journal = mapped_journal(corrected.content.journal.code, file.journal_map)
    found = preflight(Case(corrected.entry, sheet, journal, file.policies, state)) if sheet else ()
    sorts: dict[str, list[Fault]] = {"stops": [], "doubts": [], "waits": []}
    for finding in found:
        sort = "waits" if waits(finding) else "doubts" if cured_by((finding,)) else "stops"
        sorts[sort].append(_fault(finding))
    return Checked(
        corrected.content,
        stops=tuple(sorts["stops"]),
        doubts=tuple(sorts["doubts"]),
        waits=tuple(sorts["waits"]),
        read_at=min(state.refreshed_at.values(), default=None) if state else None,
    )


def field_of(code: str, where: str) -> str:
    """The field that a finding is about. Pre-flight names a line's subsidiary account by its `account`."""
    if code.startswith("subsidiary_") and where.endswith(".account"):
        return f"{where.removesuffix('.account')}.subsidiary.code"
    return where


def _misread(news: Mapping[str, str]) -> Iterator[Fault]:
    """What cannot be said on the wire at all."""
    for field, text in news.items():
        if not text and not _MAY_GO.fullmatch(field):
            yield Fault(where=field, code="missing", message=MISSING, remedy=FILL_IN)
        elif len(text) > MAX_TEXT:
            yield Fault(where=field, code="too_long", message=TOO_LONG, remedy=SHORTEN)
        elif "\x00" in text:
            yield _fault(Finding("control_characters", field, {"character": "U+0000"}))
        elif field == "date" and not _DATE.fullmatch(text):
            yield _fault(Finding("impossible_date", field, {"date": text[:40]}))


def _corrected(content: EntryContent, news: Mapping[str, str]) -> EntryContent:
    """The content with these texts. A name that belonged to another number goes with it, unless it was typed anew."""
    if not news:
        return content
    made = content.model_dump(mode="json", by_alias=True)
    made |= {field: news[field] for field in ("date", "label") if field in news}
    if "journal.code" in news:
        made["journal"] = {"code": news["journal.code"]}
    for index, line in enumerate(made["lines"]):
        root = f"lines.{index}."
        _correct_line(line, {field.removeprefix(root): text for field, text in news.items() if field.startswith(root)})
    return EntryContent.model_validate(made)


def _correct_line(line: dict[str, Any], news: Mapping[str, str]) -> None:
    if "account" in news:
        line["account_label"] = ""
    line |= {name: news[name] for name in ("account", "account_label", "label") if name in news}
    third = {name: news[f"subsidiary.{name}"] for name in ("code", "label") if f"subsidiary.{name}" in news}
    if third.get("code") == "":
        line["subsidiary"] = None
    elif third:
        # Another code or name is another third party: its SIREN and VAT number are not those of the one before.
        line["subsidiary"] |= {"siren": None, "vat_number": None, **third}


def _fault(finding: Finding) -> Fault:
    said = render(finding)
    message: Bilingual = {"fr": said.message["fr"], "en": said.message["en"]}
    remedy: Bilingual = {"fr": said.remedy["fr"], "en": said.remedy["en"]}
    return Fault(where=field_of(said.code, said.where), code=said.code, message=message, remedy=remedy)


def _in_one_line(text: str) -> str:
    return text.replace("\r", "").replace("\n", "")
