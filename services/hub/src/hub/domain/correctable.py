"""What of an entry is corrected in the Hub, whoever sends the correction, and what is the platform's alone."""

from typing import Any

from hub.domain.problem import Fault
from qontable.bilingual import Bilingual
from qontable.events.platform import EntryContent, WireSubsidiary

_OF_ENTRY = frozenset({"date", "journal", "label"})
_OF_LINE = frozenset({"account", "account_label", "label", "subsidiary"})
_OF_LINK = frozenset({"url", "url_expires_at"})
NOT_HERE: Bilingual = {"fr": "Ceci ne se corrige pas ici.", "en": "This is not corrected here."}
AS_IT_WAS: Bilingual = {
    "fr": "Laissez-le comme dans la révision corrigée, ou changez-le dans Qonto.",
    "en": "Leave it as in the revision that is corrected, or change it in Qonto.",
}


def out_of_reach(before: EntryContent, after: EntryContent) -> list[Fault]:
    """Where `after` differs from `before` in what is not corrected here: amounts, documents, number of lines, and more.

    A third party may be another one or go, not come where there was none. Links of documents count for nothing.
    """
    was, is_now = _fixed(before), _fixed(after)
    places = sorted(place for place in was.keys() | is_now.keys() if was.get(place) != is_now.get(place))
    for index, (old, new) in enumerate(zip(before.lines, after.lines, strict=False)):
        if new.subsidiary and not _may_become(old.subsidiary, new.subsidiary):
            places.append(f"lines.{index}.subsidiary")
    return [Fault(where=place, code="not_corrected_here", message=NOT_HERE, remedy=AS_IT_WAS) for place in places]


def _fixed(content: EntryContent) -> dict[str, Any]:
    """Place → what stands there and stays."""
    said = content.model_dump(mode="json", by_alias=True, exclude=set(_OF_ENTRY))
    lines, documents = said.pop("lines"), said.pop("documents")
    for index, line in enumerate(lines):
        said |= {f"lines.{index}.{name}": value for name, value in line.items() if name not in _OF_LINE}
    for index, document in enumerate(documents):
        said |= {f"documents.{index}.{name}": value for name, value in document.items() if name not in _OF_LINK}
    return said


def _may_become(old: WireSubsidiary | None, new: WireSubsidiary) -> bool:
    """Another code or name is another third party, of the same kind; the same one keeps its SIREN and VAT number."""
    if old is None:
        return False
    same = (old.code, old.label) == (new.code, new.label)
    return old == new if same else old.kind == new.kind
