"""Scripts of others that the Hub serves: fetched by Maven, taken from their jars, and kept only if their hash is ours.

They are not committed. The Hub's pages work without them, so that a system that lacks them starts all the same.
"""

import fcntl
import hashlib
import shutil
import subprocess
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from local_stack.part import PartFailed
from local_stack.settings import PROJECT

RECIPE = PROJECT / "deploy" / "local" / "assets"
ASSETS = PROJECT / ".local" / "assets"
"""Where they are, shared by all stacks of a checkout."""
FILES = {
    "htmx.min.js": (
        "htmx.org-2.0.10.jar",
        "META-INF/resources/webjars/htmx.org/2.0.10/dist/htmx.min.js",
        "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de",
    ),
}
"""Name under which a file is served → its jar, its place in there, its SHA-256."""


def fetch_assets() -> Path:
    """The folder of the scripts, fetched the first time and again when one is to be another.

    Several processes may ask at once. Raises `PartFailed` when Maven is missing or fails, or a hash is another.
    """
    ASSETS.mkdir(parents=True, exist_ok=True)
    with ASSETS.with_name("assets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not assets_are_there():
            _fetch()
    return ASSETS


def assets_are_there() -> bool:
    """Whether every script is there, as its hash says."""
    return all(
        (ASSETS / name).is_file() and _hash((ASSETS / name).read_bytes()) == expected
        for name, (_, _, expected) in FILES.items()
    )


def _fetch() -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise PartFailed("Maven is missing, and with it the Hub's scripts: apt-get install maven")
    with TemporaryDirectory(dir=ASSETS.parent) as folder:
        command = [maven, "-q", "-B", "-f", str(RECIPE / "pom.xml"), "dependency:copy-dependencies"]
        done = subprocess.run([*command, f"-DoutputDirectory={folder}"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PartFailed(f"Maven could not fetch the Hub's scripts:\n{(done.stdout + done.stderr)[-2000:]}")
        for name, (jar, place, expected) in FILES.items():
            with zipfile.ZipFile(Path(folder) / jar) as opened:
                content = opened.read(place)
            if _hash(content) != expected:
                raise PartFailed(f"{name} from {jar} is not the file that was looked at: its hash is another")
            fresh = ASSETS / f"{name}.new"
            fresh.write_bytes(content)
            fresh.replace(ASSETS / name)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
