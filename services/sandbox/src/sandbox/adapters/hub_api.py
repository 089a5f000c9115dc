"""The Hub's API as an accountant's program uses it: connect, map, activate, refresh, correct."""

from typing import Any

from qontable.sheet import Sheet
from sandbox.adapters.api import Api

LONG_POLL_SECONDS = 20


class HubApi:
    """Calls of one firm. Every method raises `Unreachable` and `ApiRefused`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def sign_in(self, firm_id: str, platform_secret: str) -> str:
        """Act for the firm's first administrator from now on; the token. 404 until the firm has reached the Hub."""
        self._api.authorize(platform_secret)
        issued = await self._api.call("POST", f"/v1/firms/{firm_id}/tokens", {})
        token = str(issued["token"])
        self._api.authorize(token)
        return token

    async def me(self) -> dict[str, Any]:
        """Who is signed in, and their firm."""
        found: dict[str, Any] = await self._api.call("GET", "/v1/me")
        return found

    async def files(self) -> list[dict[str, Any]]:
        """The firm's first hundred client files, by name."""
        found = await self._api.call("GET", "/v1/files")
        files: list[dict[str, Any]] = found["files"]
        return files

    async def sheet(self, connector: str) -> Sheet:
        """A software's data sheet; 404 until its connector has been announced."""
        found = await self._api.call("GET", f"/v1/connectors/{connector}")
        return Sheet.model_validate(found["sheet"])

    async def connections(self, connector: str) -> list[dict[str, Any]]:
        """The firm's connections to one software."""
        found = await self._api.call("GET", "/v1/connections")
        return [item for item in found["connections"] if item["connector"] == connector]

    async def connect(self, sheet: Sheet, fields: dict[str, str], throttle: dict[str, float] | None) -> tuple[str, str]:
        """Type credentials and have them tried; ids of connection and check.

        Entries are to leave at once, and accounts to be synchronized weekly where the software allows it.
        """
        body: dict[str, Any] = {
            "connector": sheet.connector,
            "name": sheet.name,
            "fields": fields,
            "options": {"frequency": "real_time", "synchronize_accounts": sheet.weekly_accounts},
        }
        if throttle:
            body["throttle"] = throttle
        made = await self._api.call("POST", "/v1/connections", body)
        return made["connection"]["connection_id"], made["check"]["check_id"]

    async def check(self, connection_id: str, check_id: str) -> dict[str, Any]:
        """The state of a check, at once when it is decided, else after a while."""
        path = f"/v1/connections/{connection_id}/checks/{check_id}"
        state: dict[str, Any] = await self._api.call("GET", path, wait=LONG_POLL_SECONDS)
        return state

    async def confirm(self, connection_id: str, check_id: str) -> None:
        """Use the credentials that were accepted."""
        await self._api.call("POST", f"/v1/connections/{connection_id}/checks/{check_id}/confirmation")

    async def replace_credentials(self, connection_id: str, fields: dict[str, str]) -> str:
        """Type other credentials and have them tried; the check's id."""
        check = await self._api.call("PUT", f"/v1/connections/{connection_id}/credentials", {"fields": fields})
        return str(check["check_id"])

    async def choose_frequency(self, connection_id: str, frequency: str, *, weekly_accounts: bool) -> None:
        """Choose when entries leave, and whether accounts are synchronized weekly."""
        body = {"frequency": frequency, "synchronize_accounts": weekly_accounts}
        await self._api.call("PUT", f"/v1/connections/{connection_id}/options", body)

    async def check_again(self, connection_id: str, software_file_id: str | None = None) -> str:
        """Have the software files listed again with the kept credentials, or one tested; the check's id."""
        path = f"/v1/connections/{connection_id}/checks"
        made = await self._api.call("POST", path, {"software_file_id": software_file_id})
        return str(made["check_id"])

    async def file(self, file_id: str) -> dict[str, Any]:
        """A client file and its integration."""
        found: dict[str, Any] = await self._api.call("GET", f"/v1/files/{file_id}")
        return found

    async def map(self, file_id: str, connection_id: str, software_file_id: str) -> None:
        """Tie the client file to a software file."""
        body = {
            "connection_id": connection_id,
            "software_file_id": software_file_id,
            "siren_mismatch_confirmed": True,
        }
        await self._api.call("PUT", f"/v1/files/{file_id}/mapping", body)

    async def activate(self, file_id: str, send_from: str) -> None:
        """Let entries leave that are dated from this day on."""
        body = {"send_from": send_from, "before_send_from": "wait"}
        await self._api.call("PUT", f"/v1/files/{file_id}/activation", body)

    async def set_policies(self, file_id: str, *, possible_duplicates: str) -> None:
        """Create no accounts; ask about possible duplicates, or send them."""
        body = {"create_missing_accounts": False, "possible_duplicates": possible_duplicates}
        await self._api.call("PUT", f"/v1/files/{file_id}/policies", body)

    async def refresh(self, file_id: str) -> str:
        """Ask for the software's reference data; the id of the refresh, which may have been under way."""
        asked = await self._api.call("POST", f"/v1/files/{file_id}/refresh")
        return str(asked["refresh_id"])

    async def refresh_state(self, file_id: str) -> dict[str, Any]:
        """How the last refresh fares, at once when it is over, else after a while."""
        path = f"/v1/files/{file_id}/refresh"
        state: dict[str, Any] = await self._api.call("GET", path, wait=LONG_POLL_SECONDS)
        return state

    async def correct(self, file_id: str, entry_id: str, revision: int, content: dict[str, Any] | None) -> None:
        """Validate a returned entry again, corrected or as it is."""
        body = {"revision": revision, "content": content}
        await self._api.call("POST", f"/v1/files/{file_id}/entries/{entry_id}/correction", body)

    async def synchronize(self, file_ids: list[str]) -> None:
        """Press Synchronize for these files."""
        await self._api.call("POST", "/v1/synchronizations", {"file_ids": file_ids})

    async def resolve(self, file_id: str, entry_id: str, delivery_id: str, answer: str) -> None:
        """Decide about a parked delivery: `in_books`, `not_in_books`, `drop`."""
        body = {"delivery_id": delivery_id, "answer": answer}
        await self._api.call("POST", f"/v1/files/{file_id}/entries/{entry_id}/resolution", body)
