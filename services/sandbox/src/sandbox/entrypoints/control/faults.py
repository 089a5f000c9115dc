"""Faults: ordered, listed with how often they struck, ended."""

from typing import Any

from fastapi import APIRouter, HTTPException

from sandbox.adapters.software_files import file_by_code
from sandbox.adapters.tokens import secret_hash
from sandbox.domain.faults import FAULTS, Fault
from sandbox.entrypoints.control.orders import FaultOrder, MannerOrder
from sandbox.entrypoints.control.parts import Faults, Transaction
from sandbox.software.registry import rules_of

router = APIRouter()


@router.post("/faults")
async def order(connection: Transaction, faults: Faults, wanted: FaultOrder) -> dict[str, Any]:
    """Order a fault. Of several that match a request, the oldest that has not struck often enough strikes."""
    rules_of(wanted.connector)
    software_file = None
    if wanted.software_file is not None:
        software_file = await file_by_code(connection, wanted.connector, wanted.software_file)
        if software_file is None:
            raise HTTPException(404, f"{wanted.connector} has no software file {wanted.software_file}")
    effect, reply = FAULTS[wanted.kind]
    fault = faults.add(
        kind=wanted.kind,
        effect=effect,
        reply=wanted.reply or reply,
        connector=wanted.connector,
        route=wanted.route,
        token_sha256=secret_hash(wanted.token.get_secret_value()) if wanted.token else None,
        software_file_id=software_file.id if software_file else None,
        count=wanted.count,
        probability=wanted.probability,
        seed=wanted.seed,
        seconds=wanted.seconds,
    )
    return _shown(fault)


@router.get("/faults")
async def list_faults(faults: Faults) -> dict[str, Any]:
    """Every fault ordered, with how often it struck, and the names that can be ordered."""
    return {"faults": [_shown(fault) for fault in faults.list()], "kinds": sorted(FAULTS)}


@router.delete("/faults", status_code=204)
async def clear(faults: Faults) -> None:
    """End every fault."""
    faults.clear()


@router.delete("/faults/{fault_id}", status_code=204)
async def remove(faults: Faults, fault_id: int) -> None:
    """End one fault."""
    if not faults.remove(fault_id):
        raise HTTPException(404, f"no fault {fault_id}")


@router.put("/manners/{connector}", status_code=204)
async def choose_manner(faults: Faults, connector: str, wanted: MannerOrder) -> None:
    """Choose how a software answers where its vendor's documents disagree. 422 names the ways that there are."""
    rules = rules_of(connector)
    if wanted.manner not in rules.manners:
        raise HTTPException(422, f"{connector} has the manners {', '.join(rules.manners) or 'of one kind only'}")
    faults.manners[connector] = wanted.manner


def _shown(fault: Fault) -> dict[str, Any]:
    return {
        "id": fault.id,
        "kind": fault.kind,
        "effect": fault.effect,
        "reply": fault.reply,
        "route": fault.route,
        "software_file_id": fault.software_file_id,
        "count": fault.count,
        "struck": fault.struck,
    }
