"""The sandbox's own APIs as commands use them: the stand-in platform, and the control of the stand-in softwares."""

from collections.abc import Sequence
from typing import Any

from qontable.events.platform import EntryContent
from sandbox.adapters.api import Api
from sandbox.domain.drafts import Draft
from sandbox.domain.seed import SoftwareFileSeed


class PlatformApi:
    """The stand-in platform. Every method raises `Unreachable` and `ApiRefused`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def create_firm(self, firm_id: str, name: str) -> None:
        """A firm with an administrator exists."""
        administrator = {
            "user_id": _administrator(firm_id),
            "name": "Claire Fontaine",
            "email": "claire@cabinet.example",
        }
        await self._api.call(
            "POST", "/platform/firms", {"firm_id": firm_id, "name": name, "administrator": administrator}
        )

    async def create_file(self, firm_id: str, file_id: str, name: str, code: str, siren: str | None) -> None:
        """A client file exists."""
        body = {"firm_id": firm_id, "file_id": file_id, "name": name, "code": code, "siren": siren}
        await self._api.call("POST", "/platform/files", body)

    async def publish(
        self, firm_id: str, file_id: str, connector: str, software_file_id: str, drafts: Sequence[Draft]
    ) -> dict[str, Any]:
        """Publish entries in this order."""
        body = {
            "firm_id": firm_id,
            "connector": connector,
            "software_file_id": software_file_id,
            "validated_by": _administrator(firm_id),
            "entries": [draft.model_dump(mode="json", exclude_none=True) for draft in drafts],
        }
        done: dict[str, Any] = await self._api.call("POST", f"/platform/files/{file_id}/entries", body)
        return done

    async def undo(self, file_id: str, entry_ids: Sequence[str]) -> dict[str, int]:
        """Undo the reviews of these entries; the revision of each that was taken back."""
        body = {"entry_ids": list(entry_ids)}
        undone: dict[str, int] = await self._api.call("POST", f"/platform/files/{file_id}/undone-reviews", body)
        return undone

    async def progress(self, file_id: str) -> dict[str, Any]:
        """How many entries are where, and whether all is quiet."""
        found: dict[str, Any] = await self._api.call("GET", f"/platform/files/{file_id}/progress")
        return found

    async def entries(self, file_id: str, state: str) -> list[dict[str, Any]]:
        """Entries in one state, with the last that was heard of them."""
        found = await self._api.call("GET", f"/platform/files/{file_id}/entries", state=state)
        entries: list[dict[str, Any]] = found["entries"]
        return entries

    async def entry(self, file_id: str, entry_id: str) -> EntryContent:
        """The newest revision of an entry, as it was said."""
        return EntryContent.model_validate(await self._api.call("GET", f"/platform/files/{file_id}/entries/{entry_id}"))


def _administrator(firm_id: str) -> str:
    return f"usr_{firm_id}"


class ControlApi:
    """The control of the stand-in softwares. Every method raises `Unreachable` and `ApiRefused`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def seed(self, seed: SoftwareFileSeed) -> dict[str, Any]:
        """Make a software file or add to it; its id, and the accounts that it cannot name."""
        done: dict[str, Any] = await self._api.call("POST", "/control/software-files", seed.model_dump(mode="json"))
        return done

    async def make_token(
        self, connector: str, firm: str, token: str, secret: str, throttle: dict[str, float] | None
    ) -> None:
        """Make a key of the firm's, with the vendor's own limits or granted ones."""
        body = {"connector": connector, "firm": firm, "token": token, "secret": secret} | (throttle or {})
        await self._api.call("POST", "/control/tokens", body)

    async def lock_journal(self, connector: str, code: str, journal: str, *, locked: bool) -> None:
        """Lock a journal of a software file, or unlock it."""
        path = f"/control/software-files/{connector}/{code}/journals/{journal}"
        await self._api.call("PATCH", path, {"locked": locked})

    async def close_account(self, connector: str, code: str, number: str, *, closed: bool) -> None:
        """Close an account of a software file, or reopen it."""
        path = f"/control/software-files/{connector}/{code}/accounts/{number}"
        await self._api.call("PATCH", path, {"closed": closed})

    async def close_year(self, connector: str, code: str, start: str, *, closed: bool) -> None:
        """Close the fiscal year of a software file that starts on a day, or reopen it."""
        path = f"/control/software-files/{connector}/{code}/fiscal-years/{start}"
        await self._api.call("PATCH", path, {"closed": closed})

    async def revoke(self, connector: str, token: str, *, revoked: bool) -> None:
        """Revoke a key, or give it back."""
        await self._api.call("PATCH", "/control/tokens", {"connector": connector, "token": token, "revoked": revoked})

    async def order_fault(self, kind: str, **how: Any) -> None:
        """Have requests struck: `route`, `probability`, `seed`, `seconds`, `count`."""
        await self._api.call("POST", "/control/faults", {"kind": kind} | how)

    async def faults(self) -> list[dict[str, Any]]:
        """Every fault ordered, with how often it struck."""
        found = await self._api.call("GET", "/control/faults")
        faults: list[dict[str, Any]] = found["faults"]
        return faults

    async def end_faults(self) -> None:
        """End every fault."""
        await self._api.call("DELETE", "/control/faults")

    async def ledger(self, connector: str, code: str) -> dict[str, Any]:
        """The judge's verdict on the books of a software file."""
        verdict: dict[str, Any] = await self._api.call(
            "GET", "/control/ledger", connector=connector, software_file=code
        )
        return verdict
