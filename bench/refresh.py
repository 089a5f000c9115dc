"""Refresh: `accounts.fetched` parts on the topic → applied, `accounts.refreshed` published.

Three snapshots that follow one another: all accounts new, one in a hundred renamed, nothing changed. An unchanged one
writes no account: the rows say which transaction wrote them, and at the end the server's counters that it was all.
"""

import uuid
from datetime import timedelta

from bench.pace import Compared, Findings, Pace
from bench.process import Meter, Script
from bench.run import measured, tables_like
from bench.scale import Scale
from bench.stage import Record, Stage, record_of
from bench.vendors import USUAL
from qontable.clock import now
from qontable.events.hub import FileIntegrationChanged, SoftwareFile
from qontable.events.reference import Account, AccountsFetched, Closing, ReferenceRows, snapshot_hash

TARGET = 0.5
PART = 1_000
DOES = "copies the rows from memory beside the current ones, upserts what differs, notes the changes"
WRITTEN = "select count(*) from reference_data.item where xmin::text::bigint > $1"
"""The rows of accounts that later transactions than this one have written, as each row itself says: the server's
counters are behind by up to ten seconds, each connection's by its own."""
NOW = "select pg_current_xact_id()::text::bigint"
COUNTED = (
    "select n_tup_ins + n_tup_upd + n_tup_del from pg_stat_user_tables where relid = 'reference_data.item'::regclass"
)
GONE = (
    "select not exists (select from pg_stat_activity where datname = current_database() and usename = 'reference_data')"
)
"""The service's connections have ended, and with them have told the server what they had counted."""


class Snapshots:
    """The snapshots of one client file, one after the other, as a gateway sends them."""

    def __init__(self, file_id: str, rows: int) -> None:
        self.file_id = file_id
        self.labels = [f"Compte {number}" for number in range(rows)]
        self._began = now()

    def next(self, changed: int) -> list[Record]:
        """The next one, in which so many of the first accounts have another name than before."""
        self._began += timedelta(seconds=1)
        self.labels[:changed] = [f"Compte {self._began.isoformat()}"] * changed
        accounts = [Account(number=f"401{code:07}", label=label) for code, label in enumerate(self.labels)]
        rows = [ReferenceRows(subsidiaries=tuple(accounts[at : at + PART])) for at in range(0, len(accounts), PART)]
        closing = Closing(parts=len(rows), rows=len(accounts), sha256=snapshot_hash(rows), started_at=self._began)
        ids = {
            "refresh_id": f"rfr_{uuid.uuid4().hex}",
            "fetch_id": f"ftc_{uuid.uuid4().hex}",
            "firm_id": "frm_refresh",
            "file_id": self.file_id,
            "connection_id": "con_refresh",
            "software_file_id": "77",
        }
        events = [AccountsFetched(**ids, part=number, rows=part) for number, part in enumerate(rows, start=1)]
        return [record_of(event) for event in [*events, AccountsFetched(**ids, closing=closing)]]

    @property
    def began(self) -> object:
        """When the fetch of the last one began."""
        return self._began


async def refresh(stage: Stage, scale: Scale) -> Findings:
    """Rounds of the service and of the bare loop in turn, each with a client file of its own."""
    kinds = {"refresh, all new": scale.accounts, "refresh, 1 % renamed": scale.accounts // 100, "refresh, unchanged": 0}
    found: dict[str, tuple[list[Pace], list[Pace]]] = {kind: ([], []) for kind in kinds}
    remarks = []
    await tables_like(stage, "reference_data", ("item", "change"))
    async with stage.service("reference_data") as service:
        for number in range(scale.rounds):
            snapshots = Snapshots(f"fil_refresh_{number}", scale.accounts)
            await _tie(stage, snapshots.file_id)
            order = {"database": stage.world.admin_url, "rows": scale.accounts, "changed": list(kinds.values())}
            await stage.database.execute("truncate bare.item, bare.change")
            async with stage.script("bench.bare.refresh", **order) as (loop, _):
                for kind, changed in kinds.items():
                    before = await stage.database.fetchval(NOW)
                    found[kind][0].append(await _refreshed(stage, service, snapshots, changed))
                    written = await stage.database.fetchval(WRITTEN, before)
                    assert written == changed, f"{kind}: {written} account rows written, not {changed}"
                    found[kind][1].append(await _upserted(stage, loop, scale.accounts, changed))
        peaks = {"reference_data": service.peak()}
    await stage.until(GONE)
    counted = await stage.database.fetchval(COUNTED)
    assert counted == scale.rounds * sum(kinds.values()), f"{counted} account rows written in all"
    remarks.append("account rows written by an unchanged snapshot: 0")
    compared = [Compared(kind, "accounts", *paces, TARGET, DOES) for kind, paces in found.items()]
    return Findings(compared, peaks=peaks, remarks=remarks)


async def _tie(stage: Stage, file_id: str) -> None:
    tie = FileIntegrationChanged(
        firm_id="frm_refresh",
        file_id=file_id,
        version=1,
        connection_id="con_refresh",
        connector=USUAL,
        software_file=SoftwareFile(software_file_id="77", name="Menuiserie Durand"),
        active=True,
    )
    await stage.say([tie])
    await stage.until("select exists (select from reference_data.file where file_id = $1)", file_id)


async def _refreshed(stage: Stage, service: Meter, snapshots: Snapshots, changed: int) -> Pace:
    """The service's turn; it ends when the snapshot is applied and everything about it is published."""
    records = snapshots.next(changed)
    service.pause()
    try:
        await stage.publish(records)
    finally:
        service.resume()
    query = """
        select not exists (select from reference_data.outbox) and exists (
            select from reference_data.freshness where file_id = $1 and fetch_started_at = $2)
    """
    return await measured(
        stage, service, len(snapshots.labels), lambda: stage.until(query, snapshots.file_id, snapshots.began)
    )


async def _upserted(stage: Stage, loop: Script, rows: int, changed: int) -> Pace:
    """The bare loop's turn."""
    return await measured(stage, loop.meter, rows, lambda: loop.tell({"count": changed}))
