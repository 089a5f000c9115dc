"""The gateways' keys: their file as it is now, and which of them every process at work holds.

The file is read again when it changes, so that keys come and go without a restart. Credentials are sealed under the
newest key that all processes hold: nobody is handed a box that it cannot open while a new key makes its way.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

import structlog

from gateways.adapters.slots import SLOT_LOCK
from gateways.domain.lease import Owner
from qontable.database import Connection
from qontable.events.hub import Sealed
from qontable.vault import CREDENTIALS, BoxRefused, SealingKey, load_ring

log = structlog.get_logger()


class Keys:
    """The ring in a file. `sealing_key` is the one to seal under, nothing before the processes agreed on it."""

    def __init__(self, file: Path) -> None:
        self.sealing_key: SealingKey | None = None
        self._file = file
        self._stamp = _stamp(file)
        self._ring = load_ring(file)

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of the keys that are here, oldest first."""
        return self._ring.key_ids

    def open(self, sealed: Sealed, *, firm_id: str, connection_id: str, kind: str = CREDENTIALS) -> dict[str, str]:
        """The credentials in a box; a key that is not known yet is looked for in the file. Raises `BoxRefused`."""
        if sealed.key_id not in self._ring.key_ids:
            try:
                self.read_again()
            except (OSError, ValueError) as error:
                raise BoxRefused(f"the key ring cannot be read: {type(error).__name__}") from None
        return self._ring.open(sealed, firm_id=firm_id, connection_id=connection_id, kind=kind)

    def to_seal_under(self) -> SealingKey:
        """The key that all processes hold, or this one's newest before they agreed."""
        return self.sealing_key or self._ring.sealing_key

    def secret_for(self, purpose: str) -> bytes:
        """A secret of the newest key's for one purpose."""
        return self._ring.secret_for(purpose)

    def read_again(self) -> bool:
        """Read the file if it has changed, and say whether it has. Raises when it holds no ring: the last one stays."""
        stamp = _stamp(self._file)
        if stamp == self._stamp:
            return False
        self._ring = load_ring(self._file)
        self._stamp = stamp
        log.info("key ring read", keys=list(self._ring.key_ids))
        return True

    def agree(self, held: Collection[str]) -> bool:
        """Seal under the newest of the keys that all hold; whether that is another one than before."""
        common = [key_id for key_id in self._ring.key_ids if key_id in held]
        if not common:
            log.error("no key is held by every gateway: each seals under its own newest", keys=list(self._ring.key_ids))
        chosen = self._ring.sealing_key_of((common or self._ring.key_ids)[-1])
        changed, self.sealing_key = chosen != self.sealing_key, chosen
        return changed


async def tell_keys(connection: Connection, owner: Owner, key_ids: Sequence[str]) -> None:
    """Say which keys this process holds."""
    await connection.execute(
        "update slots set key_ids = $3 where slot = $1 and run = $2 and key_ids <> $3",
        owner.slot,
        owner.run,
        list(key_ids),
    )


async def keys_at_work(connection: Connection) -> dict[str, list[str]]:
    """The keys of every process at work (its slot's lock is held), by slot; none while it has not said which."""
    rows = await connection.fetch(
        """
        select slot, key_ids from slots
        where exists (
            select from pg_locks
            where locktype = 'advisory' and classid::bigint = $1 and granted
                and objid::bigint = hashtext(slot)::bigint & 4294967295
                and database = (select oid from pg_database where datname = current_database())
        )
        order by slot
        """,
        SLOT_LOCK,
    )
    return {row["slot"]: row["key_ids"] for row in rows}


async def count_boxes(connection: Connection) -> dict[str, int]:
    """How many boxes each key has to open: of connections, of their renewed tokens, of checks not answered yet."""
    rows = await connection.fetch(
        """
        select key_id, count(*) as boxes from (
            select key_id from connections
            union all
            select key_id from tokens
            union all
            select request -> 'sealed' ->> 'key_id' from jobs where kind = 'check' and done_at is null
        ) as sealed
        group by key_id
        """
    )
    return {row["key_id"]: row["boxes"] for row in rows}


def _stamp(file: Path) -> tuple[int, int, int]:
    """Changes whenever the file is replaced or written."""
    state = file.stat()
    return state.st_ino, state.st_mtime_ns, state.st_size
