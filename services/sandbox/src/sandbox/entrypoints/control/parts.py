"""What the control API's routes are given: a transaction that is committed before the answer, the file named."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from qontable.database import Connection, Database
from sandbox.adapters.software_files import file_by_code
from sandbox.app.fault_box import FaultBox


def database(request: Request) -> Database:
    """The sandbox's schema."""
    found: Database = request.app.state.database
    return found


def fault_box(request: Request) -> FaultBox:
    """The faults ordered at present."""
    found: FaultBox = request.app.state.faults
    return found


async def transaction(found: Annotated[Database, Depends(database)]) -> AsyncIterator[Connection]:
    """One transaction for the request."""
    async with found.transaction() as connection:
        yield connection


Books = Annotated[Database, Depends(database)]
Faults = Annotated[FaultBox, Depends(fault_box)]
Transaction = Annotated[Connection, Depends(transaction, scope="function")]


async def file_id(connector: str, code: str, connection: Transaction) -> int:
    """The software file that a path names by its code or id. 404 when there is none."""
    found = await file_by_code(connection, connector, code)
    if found is None:
        raise HTTPException(404, f"{connector} has no software file {code}")
    return found.id


FileId = Annotated[int, Depends(file_id, scope="function")]
