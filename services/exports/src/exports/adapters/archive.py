"""An import file and its documents in one zip: the same content gives the same bytes, and nothing is held in memory."""

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)
READABLE = 0o644 << 16


def pack(path: Path, members: Mapping[str, Path]) -> None:
    """Write these files into a zip under these names, in this order, all at its root."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        for name, source in members.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = READABLE
            info.create_system = 3
            info.file_size = source.stat().st_size
            with source.open("rb") as content, archive.open(info, "w") as member:
                shutil.copyfileobj(content, member, 1 << 20)
