"""Settings of the entries service."""

from datetime import timedelta

from pydantic import Field

from qontable.settings import Settings

MEBIBYTE = 1024 * 1024


class EntriesSettings(Settings):
    """What may be chosen about entries, prefix `QONTABLE_` like all settings."""

    entries_allow_private_addresses: bool = Field(
        False, description="Fetch documents from private and loopback addresses too: for local systems and tests only."
    )
    entries_document_max_bytes: int = Field(
        20 * MEBIBYTE, gt=0, description="Largest document that is fetched; larger ones return the entry."
    )
    entries_document_fetches: int = Field(8, ge=1, le=64, description="How many documents are fetched at a time.")
    entries_document_seconds: float = Field(60.0, gt=0, description="Longest time that one document's fetch may take.")
    entries_chunk: int = Field(200, ge=1, le=1_000, description="How many entries are judged in one transaction.")
    entries_acknowledge_seconds: float = Field(
        900.0, gt=0, description="How long a gateway may be silent before a dispatch is issued again."
    )
    entries_export_seconds: float = Field(
        3600.0, gt=0, description="How long the writing of an import file may take before its entries are taken back."
    )
    entries_issues: int = Field(
        8, ge=1, description="How often a dispatch is issued before an entry that no gateway speaks of is parked."
    )
    entries_refresh_seconds: float = Field(
        600.0, gt=0, description="How long a refresh that an entry asked for may take before it is asked for again."
    )
    entries_recheck_seconds: float = Field(
        3600.0, gt=0, description="How often an entry that does not wait for events alone is looked at again."
    )
    entries_unknown_firm_seconds: float = Field(
        86_400.0, gt=0, description="How long records of an unknown firm are held before they are set aside."
    )
    entries_unknown_file_seconds: float = Field(
        604_800.0,
        gt=0,
        description="How long records of a known firm's unknown file are held before they are set aside.",
    )

    @property
    def document_lease(self) -> timedelta:
        """How long a document that is fetched belongs to its process: the longest fetch, and time to store it."""
        return timedelta(seconds=self.entries_document_seconds + 10)
