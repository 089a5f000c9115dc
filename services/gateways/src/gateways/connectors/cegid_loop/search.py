"""Whether the books hold an entry: by its origin, and by its piece where the origin brings nothing.

`EcritureComptable` must be asked by origin or by whether a line is lettered, and gives 100 rows at most. Whether an
origin that came by `importJson` can be searched must still be tried (the sheet's `finds_by_reference`), so an entry is
absent only if its journal and piece show no line of it either. A line there that does not say its origin may be the
entry or one that a person typed: that is no answer.
"""

from gateways.connectors.cegid_loop.answers import ECRITURE, Ecriture
from gateways.connectors.cegid_loop.api import Api, quoted
from gateways.connectors.cegid_loop.texts import Texts
from gateways.domain.judgement import own_words
from gateways.domain.outcome import CouldNotAsk, Exchange, FindOutcome, Found, NotAnswered, NotFound
from gateways.domain.port import Parcel
from qontable.bilingual import Bilingual

ROUTE = "/EcritureComptable"
MOST_ROWS = 100


async def look_for(api: Api, parcel: Parcel, texts: Texts) -> FindOutcome:
    """Found under its origin, not found anywhere, or not answered. Raises nothing."""
    try:
        by_origin = await api.rows(ECRITURE, ROUTE, take=MOST_ROWS, filter=f"ecritureOrigine == {quoted(texts.origin)}")
        if by_origin:
            return _found(by_origin[0], parcel, texts)
        return await _look_for_piece(api, parcel, texts)
    except NotAnswered as error:
        return error.failure


async def _look_for_piece(api: Api, parcel: Parcel, texts: Texts) -> FindOutcome:
    """Lettered or not, since a filter has to say which. Raises `NotAnswered`."""
    named = f"journalCode == {quoted(parcel.journal_code)} && refPiece == {quoted(texts.piece)}"
    for lettered in ("codeLettrage == null", "codeLettrage != null"):
        rows = await api.rows(ECRITURE, ROUTE, take=MOST_ROWS, filter=f"{lettered} && {named}")
        if own := next((row for row in rows if row.ecritureOrigine == texts.origin), None):
            return _found(own, parcel, texts)
        if len(rows) >= MOST_ROWS:
            return _ambiguous(
                api,
                {
                    "fr": f"Cegid Loop a plus de {MOST_ROWS} lignes sous ce journal et cette pièce.",
                    "en": f"Cegid Loop has more than {MOST_ROWS} lines under this journal and piece.",
                },
            )
        if any(row.ecritureOrigine is None for row in rows):
            return _ambiguous(
                api,
                {
                    "fr": "Cegid Loop a, sous ce journal et cette pièce, des lignes sans origine.",
                    "en": "Cegid Loop has lines under this journal and piece that do not say where from.",
                },
            )
    return NotFound(exchange=Exchange(http_status=200))


def _found(row: Ecriture, parcel: Parcel, texts: Texts) -> Found:
    return Found(
        exchange=Exchange(http_status=200, cuts=texts.cuts),
        software_entry_id=row.objectId or texts.origin,
        documents="sent" if parcel.documents else "none",
    )


def _ambiguous(api: Api, said: Bilingual) -> CouldNotAsk:
    return CouldNotAsk(
        exchange=Exchange(http_status=200),
        message=own_words(api.sheet, "look_up_ambiguous", said),
        cause="refused",
    )
