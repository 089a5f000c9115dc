"""Software files and keys: made, filled, and changed while entries are on their way."""

from dataclasses import asdict
from datetime import date
from typing import Any

from fastapi import APIRouter, HTTPException

from sandbox.adapters.grants import put_grant
from sandbox.adapters.seeding import seed_software_file
from sandbox.adapters.software_files import file_by_code
from sandbox.adapters.switches import (
    lock_period,
    switch_account,
    switch_file,
    switch_fiscal_year,
    switch_journal,
    unlock_periods,
)
from sandbox.adapters.tokens import change_token, put_token
from sandbox.domain.seed import GrantSeed, SoftwareFileSeed, TokenSeed
from sandbox.entrypoints.control.orders import ClosedSwitch, FileSwitches, JournalSwitches, PeriodLock, TokenSwitches
from sandbox.entrypoints.control.parts import FileId, Transaction
from sandbox.software.registry import rules_of

router = APIRouter()
FILE = "/software-files/{connector}/{code}"


@router.post("/software-files")
async def seed(connection: Transaction, seed: SoftwareFileSeed) -> dict[str, Any]:
    """Make a software file with chart, subsidiaries, journals, years and axes, or add to it."""
    return asdict(await seed_software_file(connection, seed, rules_of(seed.connector)))


@router.patch(FILE, status_code=204)
async def change_file(connection: Transaction, file_id: FileId, switches: FileSwitches) -> None:
    """Whether references are unique, whether bookings are answered with the entry, whether they land as drafts."""
    await switch_file(
        connection,
        file_id,
        unique=switches.unique_references,
        with_entry=switches.answers_with_entry,
        as_draft=switches.books_as_draft,
    )


@router.patch(f"{FILE}/journals/{{journal}}", status_code=204)
async def change_journal(connection: Transaction, file_id: FileId, journal: str, switches: JournalSwitches) -> None:
    """Lock or unlock a journal, close or reopen it."""
    await switch_journal(connection, file_id, journal, locked=switches.locked, closed=switches.closed)


@router.patch(f"{FILE}/accounts/{{number}}", status_code=204)
async def change_account(connection: Transaction, file_id: FileId, number: str, switch: ClosedSwitch) -> None:
    """Close or reopen an account."""
    await switch_account(connection, file_id, number, closed=switch.closed)


@router.patch(f"{FILE}/fiscal-years/{{start}}", status_code=204)
async def change_fiscal_year(connection: Transaction, file_id: FileId, start: date, switch: ClosedSwitch) -> None:
    """Close or reopen the fiscal year that starts on a day."""
    await switch_fiscal_year(connection, file_id, start, closed=switch.closed)


@router.post(f"{FILE}/locked-periods", status_code=204)
async def lock(connection: Transaction, file_id: FileId, period: PeriodLock) -> None:
    """Lock a period for one journal, or for all."""
    await lock_period(connection, file_id, period.journal, period.start, period.end, period.locked_by)


@router.delete(f"{FILE}/locked-periods", status_code=204)
async def unlock(connection: Transaction, file_id: FileId) -> None:
    """Take every locked period back."""
    await unlock_periods(connection, file_id)


@router.post("/tokens")
async def make_token(connection: Transaction, token: TokenSeed) -> dict[str, int]:
    """Make a key, or make it anew: for one software file, or for all of the firm."""
    rules_of(token.connector)
    software_file_id = None
    if token.software_file is not None:
        found = await file_by_code(connection, token.connector, token.software_file)
        if found is None:
            raise HTTPException(404, f"{token.connector} has no software file {token.software_file}")
        software_file_id = found.id
    return {"token_id": await put_token(connection, token, software_file_id)}


@router.post("/grants", status_code=204)
async def grant(connection: Transaction, seed: GrantSeed) -> None:
    """Grant an application a code or a renewal, as a firm does when it consents."""
    rules_of(seed.connector)
    await put_grant(connection, seed)


@router.patch("/tokens", status_code=204)
async def change_key(connection: Transaction, switches: TokenSwitches) -> None:
    """Revoke a key, disconnect it, grant it limits. The key is in the body: an address would be logged."""
    changes = switches.changes()
    found = changes and await change_token(connection, switches.connector, switches.token.get_secret_value(), changes)
    if not found:
        raise HTTPException(404, "no such key, or nothing to change")
