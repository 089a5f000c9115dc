"""Client files that people want in Qonto for software files that have none there."""

from collections.abc import Collection, Iterable
from datetime import datetime
from hashlib import sha256
from typing import Literal

from pydantic import BaseModel

from hub.domain.client_file import ClientFile
from hub.domain.suggestion import siren_number
from qontable.events.hub import SoftwareFile


class FileCreation(BaseModel):
    """One that was asked for. `file_id` is the client file that the platform created."""

    creation_id: str
    software_file_id: str
    state: Literal["asked", "created"]
    requested_by: str
    requested_at: datetime
    file_id: str | None
    answered_at: datetime | None


def creation_id_of(firm_id: str, connection_id: str, software_file_id: str) -> str:
    """The id under which this software file's client file is asked for, the same every time."""
    named = "\x1f".join((firm_id, connection_id, software_file_id))
    return f"cre_{sha256(named.encode()).hexdigest()[:32]}"


def by_company(files: Iterable[ClientFile]) -> dict[str, ClientFile]:
    """SIREN → a client file of that company; those without a number are left out."""
    return {number: file for file in files if (number := siren_number(file.siren))}


def lacking(
    software_files: Iterable[SoftwareFile], files: Iterable[ClientFile], passed: Collection[str]
) -> list[SoftwareFile]:
    """Of the software files that are tied to nothing those that Qonto lacks, by name.

    Neither those of a company that has a client file, nor those `passed` over: likely to be a file that is there.
    """
    companies = by_company(files)
    found = [
        item
        for item in software_files
        if item.software_file_id not in passed and siren_number(item.siren) not in companies
    ]
    return sorted(found, key=lambda item: (item.name.casefold(), item.software_file_id))
