"""`python -m gateways.entrypoints.vendor_names`: nothing but a connector's own folders knows of a vendor (DESIGN 7).

The names come from the registry: a folder's, the sheet's, and the brand that both begin with where it is long enough.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

from gateways.connectors.registry import load_sheets

LEAST_LETTERS = 5
SEARCHED = ("libs/*/src/*", "services/*/src/*", "services/*/migrations/*", "Makefile", "pyproject.toml")
OWN = (
    "services/gateways/src/gateways/connectors/*",
    "services/sandbox/src/sandbox/software/*",
    "services/exports/src/exports/formats/*",
    "libs/common/src/qontable/schemas/samples/*",
)
"""A vendor's own: connector, stand-in, formats of its import files; and samples of events, which are documentation."""


def vendor_names() -> frozenset[str]:
    """Every name to look for, in small letters."""
    names: set[str] = set()
    for connector, sheet in load_sheets().items():
        brands = {connector.split("_")[0], sheet.name.lower().split()[0]}
        names |= {connector, connector.replace("_", ""), connector.replace("_", "-"), sheet.name.lower()}
        names |= {brand for brand in brands if len(brand) >= LEAST_LETTERS}
    return frozenset(names)


def is_searched(path: str) -> bool:
    """Whether this file must not name a vendor."""
    return any(fnmatch(path, pattern) for pattern in SEARCHED) and not any(fnmatch(path, pattern) for pattern in OWN)


def named(paths: Iterable[Path], names: Iterable[str]) -> Iterator[str]:
    """Where one of these files names one of these vendors, as `path:line: text`."""
    found = re.compile("|".join(re.escape(name) for name in sorted(names)), re.IGNORECASE)
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if found.search(line):
                yield f"{path}:{number}: {line.strip()}"


def main() -> int:
    """The exit status: 1 when a vendor is named where it should not be known."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        capture_output=True,
        check=True,
        text=True,
    )
    paths = [Path(path) for path in listed.stdout.splitlines() if is_searched(path) and Path(path).exists()]
    names = vendor_names()
    found = list(named(paths, names))
    for place in found:
        sys.stdout.write(f"{place}\n")
    if found:
        sys.stdout.write(
            "A vendor's name belongs in its connector, its stand-in, its formats, tests and documentation.\n"
        )
    else:
        sys.stdout.write(f"{len(paths)} files name no vendor ({', '.join(sorted(names))})\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
