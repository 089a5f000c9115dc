"""Looking for an entry in the books: by journal, date and the mark in its label, over all pages.

Pennylane keeps no reference of ours. The mark is unique within a client file; journal and date make the list short.
"""

from gateways.connectors.pennylane.answers import ENTRIES, Entry
from gateways.connectors.pennylane.api import COMPANY, Api
from gateways.connectors.pennylane.directory import Directory
from gateways.connectors.pennylane.texts import mark_of, texts_of
from gateways.domain.judgement import own_words
from gateways.domain.outcome import (
    CouldNotAsk,
    Exchange,
    FindOutcome,
    Found,
    FoundSeveral,
    NotAnswered,
    NotFound,
)
from gateways.domain.port import Parcel
from qontable.bilingual import Bilingual
from qontable.events.delivery import DocumentState


async def look_for(api: Api, directory: Directory, parcel: Parcel) -> FindOutcome:
    """Whether the books hold this entry. Raises nothing.

    The journal's id is asked for anew: under an outdated one every entry would seem absent.
    """
    try:
        journal = await directory.journal_now(parcel.journal_code)
        if journal is None:
            words = own_words(
                api.sheet,
                "journal_unknown",
                {
                    "fr": f"Pennylane n'a plus de journal {parcel.journal_code}.",
                    "en": f"Pennylane has no journal {parcel.journal_code} any more.",
                },
            )
            return CouldNotAsk(exchange=Exchange(), message=words, cause="refused")
        hits = await _marked(api, journal, parcel)
    except NotAnswered as error:
        return error.failure
    exchange = Exchange(http_status=200, cuts=texts_of(parcel, api.sheet).cuts)
    if not hits:
        return NotFound(exchange=exchange)
    if len(hits) > 1:
        ids = ", ".join(str(entry.id) for entry in hits)
        mark, found = mark_of(parcel.ack_code), len(hits)
        said: Bilingual = {
            "fr": f"La marque {mark} est sur {found} écritures de ce journal et de cette date : {ids}.",
            "en": f"The mark {mark} stands on {found} entries of this journal and date: {ids}.",
        }
        return FoundSeveral(exchange=exchange, message=own_words(api.sheet, "found_several", said))
    (hit,) = hits
    documents = documents_of(parcel, attached=hit.attachment is not None)
    return Found(exchange=exchange, software_entry_id=str(hit.id), documents=documents)


def documents_of(parcel: Parcel, *, attached: bool) -> DocumentState:
    """What became of the parcel's document, by whether the entry has one attached."""
    if not parcel.documents:
        return "none"
    return "sent" if attached else "missing"


async def _marked(api: Api, journal: int, parcel: Parcel) -> list[Entry]:
    """The entries of this journal and date that carry the mark; oldest first: what is added meanwhile comes last."""
    mark = mark_of(parcel.ack_code)
    filters = [("journal_id", "eq", str(journal)), ("date", "eq", parcel.entry.date.isoformat())]
    hits: dict[int, Entry] = {}
    async for entries in api.pages(ENTRIES, f"{COMPANY}/ledger_entries", filters=filters, sort="id"):
        hits |= {entry.id: entry for entry in entries if mark in entry.label}
    return list(hits.values())
