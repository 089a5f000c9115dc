"""The reference that an accounting software keeps with an entry, and by which we find the entry again.

Derived from firm, file and entry, never from the revision (DESIGN 2): whatever revision was sent, looking up the
reference answers whether *the entry* is in the books. Stable for ever: changing it would hide what was sent before.
"""

import hashlib
from uuid import UUID, uuid5

from qontable.entry import EntryRef

PREFIX = "QTB-"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no letter that is read as a digit
_LENGTH = 26
_SPACE = UUID("7d0f4a52-6d0c-4b7e-9a5b-2f3f8f4f6a11")


def entry_reference(ref: EntryRef) -> str:
    """30 characters, ASCII capitals and digits after the prefix; the same entry always has the same reference."""
    digest = hashlib.sha256("\x1f".join((ref.firm_id, ref.file_id, ref.entry_id)).encode()).digest()
    number = int.from_bytes(digest[:17], "big")
    symbols = (_ALPHABET[(number >> (5 * position)) & 31] for position in range(_LENGTH))
    return PREFIX + "".join(symbols)


def reference_uuid(reference: str) -> UUID:
    """The same reference for a software that keeps nothing but UUIDs with an entry. Stable for ever, like the other."""
    return uuid5(_SPACE, reference)
