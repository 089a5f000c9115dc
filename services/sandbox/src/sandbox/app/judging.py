"""Judges the books of one moment: a stream over what was published, side by side with what was booked."""

from typing import Any

from qontable.database import Connection, Database
from sandbox.adapters.ledger import balances, booked_by_reference, counts, scope, unpublished
from sandbox.adapters.published import histories, last_published_to
from sandbox.domain.verdict import Verdict
from sandbox.software.registry import rules_of

CHUNK = 500


class NothingToJudge(LookupError):
    """No such software file, or nothing was published yet; the message says which."""


async def judge(database: Database, *, connector: str | None, software_file: str | None, whole: bool) -> dict[str, Any]:
    """The verdict as JSON, with the connector and the software files that it is about.

    `software_file` is a code or an id. Without it the file that was published to last is judged, or with `whole` every
    file of the connector. Raises `NothingToJudge`.
    """
    async with (
        database.pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        name, files = await _chosen(connection, connector, software_file, whole=whole)
        verdict = await _judged(connection, name, files)
    return {"connector": name, "software_files": sorted(files.values())} | verdict.as_json()


async def _chosen(
    connection: Connection, connector: str | None, software_file: str | None, *, whole: bool
) -> tuple[str, dict[str, str]]:
    code = software_file
    if connector is None or (code is None and not whole):
        last = await last_published_to(connection, connector)
        if last is None:
            raise NothingToJudge(f"nothing was published yet{f' to {connector}' if connector else ''}")
        connector = last[0]
        code = code or (None if whole else last[1])
    files = await scope(connection, connector, code)
    if not files:
        raise NothingToJudge(f"{connector} has no software file {code or ''}".rstrip())
    return connector, files


async def _judged(connection: Connection, connector: str, files: dict[str, str]) -> Verdict:
    verdict = Verdict(rules_of(connector))
    prefixes = {file_id: f"{code}: " if len(files) > 1 else "" for file_id, code in files.items()}
    async for chunk in histories(connection, connector, list(files), CHUNK):
        booked = await booked_by_reference(
            connection, list(files), [name for history in chunk for name in history.names]
        )
        for history in chunk:
            found = [entry for name in history.names for entry in booked.get((history.software_file_id, name), ())]
            verdict.add(history, found, prefixes[history.software_file_id])
    for entry in await unpublished(connection, connector, list(files)):
        verdict.add_unexpected(entry, prefixes[str(entry.software_file_id)])
    verdict.books.entries, verdict.books.lines, verdict.books.documents = await counts(connection, list(files))
    for account, debit, credit in await balances(connection, list(files)):
        verdict.add_balance(account, debit, credit)
    return verdict
