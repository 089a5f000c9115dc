"""A small disk of its own for PostgreSQL's data, which can be filled up."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SIZE_MB = 2048
PORTION = b"\0" * (4 * 1024 * 1024)


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system below `folder`; it can be filled where `own` says that nobody else lives on it."""

    folder: Path
    own: bool

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    async def fill(self) -> None:
        """Leave not a byte free."""
        await asyncio.to_thread(self._fill)

    def relieve(self) -> None:
        """Give back what `fill` took."""
        self._ballast.unlink(missing_ok=True)

    def _fill(self) -> None:
        with self._ballast.open("wb", buffering=0) as ballast:
            try:
                while ballast.write(PORTION) == len(PORTION):
                    pass
            except OSError:
                return


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """A disk in memory at `folder`, gone at the end; an ordinary folder where none may be mounted."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=0755", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield Disk(folder, own=mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
