"""The vendor's own ids: every object has a uuid and a revision. Derived from our rows, so that they stay the same."""

from uuid import UUID, uuid5

_SPACE = UUID("0c5b2f0e-6f0b-4a35-9a55-5c0f3f5b9a10")


def object_id(kind: str, row_id: int) -> str:
    """The uuid of an account, a journal, a third party or a line of the books."""
    return str(uuid5(_SPACE, f"{kind} {row_id}"))


def revision_id(row_id: int) -> str:
    """The revision of an object, in the form that the vendor's examples show. Rows are never revised here."""
    return f"0x{row_id:016X}"
