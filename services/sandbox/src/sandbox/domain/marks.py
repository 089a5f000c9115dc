"""The mark by which an entry is known again where a software has no field for references: `(#7K2M#)` ends its label."""

import re

_MARK = re.compile(r"\s*\(#([0-9A-Z]{4})#\)\s*$")


def parted(label: str) -> tuple[str, str | None]:
    """The label without its mark, and the four characters of the mark."""
    found = _MARK.search(label)
    return (label[: found.start()], found[1]) if found else (label, None)
