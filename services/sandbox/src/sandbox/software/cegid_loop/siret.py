"""The vendor's rules for establishments: 14 digits, Luhn, one enterprise in a request, known in the folder."""

import re
from collections.abc import Collection, Iterable

from stdnum import luhn

from sandbox.software.cegid_loop.errors import ImportRefused

SIREN_LENGTH = 9


def is_siret(text: str) -> bool:
    """Fourteen digits that pass Luhn's check. The vendor's rule knows no exception for the post office."""
    return re.fullmatch(r"[0-9]{14}", text) is not None and luhn.is_valid(text)


def check_sirets(sirets: Iterable[tuple[int, str]], establishments: Collection[str], folder: str) -> None:
    """Raises `ImportRefused` for the first rule broken by these SIRETs, given with the numbers of their lines."""
    found = list(sirets)
    for number, siret in found:
        if not is_siret(siret):
            raise ImportRefused("bad_siret", number)
    if len({siret[:SIREN_LENGTH] for _, siret in found}) > 1:
        raise ImportRefused("mixed_siren")
    for _, siret in found:
        if siret not in establishments:
            raise ImportRefused("unknown_establishment", siret, folder)
