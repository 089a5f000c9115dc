"""Which formats there are: every description in this folder, and the class of those that are more than one.

Software names lead to formats too, the first one that a firm should try first (facts, section 0.1).
"""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from exports.domain.description import Description
from exports.formats.ebp import Ebp
from exports.formats.isacompta import Isacompta
from exports.formats.plain import Format
from exports.formats.quadra import Quadra
from exports.formats.sage import Pnm, RImport, Tag
from exports.formats.tra import Tra
from exports.formats.workbook import Workbook

FOLDER = Path(__file__).parent
OWN: Mapping[str, type[Format]] = {
    "tra": Tra,
    "quadra-ascii": Quadra,
    "isacompta": Isacompta,
    "sage100-tag": Tag,
    "sage100-pnm": Pnm,
    "sage50-rimport": RImport,
    "ebp": Ebp,
    "ebp-v3": Ebp,
    "xlsx": Workbook,
}
SOFTWARES: Mapping[str, tuple[str, ...]] = {
    "agiris": ("isacompta", "fec"),
    "cegid-expert": ("tra", "cegid-csv"),
    "cegid-xrp": ("tra", "cegid-ecrexcel"),
    "cegid-xrp-sprint": ("tra", "fec"),
    "cegid-loop": ("tra", "fec"),
    "cegid-quadra": ("quadra-ascii", "tra"),
    "ebp": ("ebp", "ebp-v3", "fec"),
    "fulll": ("fec", "tra"),
    "pennylane": ("fec", "tra", "pennylane-csv"),
    "sage-50": ("sage50-ximport", "sage50-rimport"),
    "ciel": ("sage50-ximport", "sage50-rimport"),
    "sage-100": ("sage100-tag", "sage100-pnm", "sage100-parametrable"),
    "tiime": ("fec", "csv"),
    "myunisoft": ("tra", "myunisoft-csv", "fec"),
    "inqom": ("fec",),
    "acd": ("acd-fec", "acd-csv"),
    "coala": ("coala", "fec"),
    "fec": ("fec",),
    "csv": ("csv",),
    "excel": ("xlsx",),
}


class UnknownFormat(LookupError):
    """Neither a format nor a software has this name; the message suggests the nearest."""


@cache
def descriptions() -> dict[str, Description]:
    """Every format by name. Raises `pydantic.ValidationError` for a description with mistakes in it."""
    found = {}
    for path in sorted(FOLDER.glob("*.toml")):
        description = Description.model_validate(_content(path))
        if description.name != path.stem:
            raise ValueError(f"{path.name} says that it describes {description.name}")
        found[description.name] = description
    return found


def _content(path: Path) -> dict[str, Any]:
    """What a description says. One that `extends` another says in what it differs: keys, and `forms` for other ones."""
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    base = said.pop("extends", None)
    if base is None:
        return said
    forms = said.pop("forms", {})
    content = _content(FOLDER / f"{base}.toml")
    for cell in (cell for record in content["records"] for cell in record["cells"] if "form" in cell):
        cell["form"] = forms.get(cell["form"], cell["form"])
    return content | said


def format_of(name: str) -> Description:
    """The format of this name. Raises `UnknownFormat`."""
    try:
        return descriptions()[name]
    except KeyError:
        raise UnknownFormat(_unknown("format", name, list(descriptions()))) from None


def formats_of(software: str) -> tuple[Description, ...]:
    """The formats that a software reads, the one to try first first. Raises `UnknownFormat`."""
    name = "-".join(software.casefold().split())
    try:
        return tuple(descriptions()[format_] for format_ in SOFTWARES[name])
    except KeyError:
        raise UnknownFormat(_unknown("software", software, list(SOFTWARES))) from None


def _unknown(what: str, name: str, known: list[str]) -> str:
    near = get_close_matches(name.casefold(), known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    return f"no {what} {name!r}: {hint}"
