"""An accounting firm that uses a hub over HTTP."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from services.hub.tests.town import CANARY, SHEET, Town, eventually

from qontable.clock import now
from qontable.events.delivery import EntryStatusChanged
from qontable.events.hub import SoftwareFile
from qontable.events.platform import FileCreated


@dataclass
class Firm:
    """One accounting firm and its administrator at the keyboard."""

    id: str
    town: Town
    admin: httpx.AsyncClient

    async def add_file(self, name: str, **details: Any) -> str:
        """The platform creates a client file; its id."""
        file_id = f"fil_{uuid4().hex[:8]}"
        await self.town.say(FileCreated(firm_id=self.id, file_id=file_id, name=name, **details))
        await eventually(lambda: self.admin.get(f"/files/{file_id}"), lambda answer: answer.status_code == 200)
        return file_id

    async def token(self, user_id: str, role: str) -> str:
        """A token of a person whom the platform introduces."""
        answer = await self.admin.post(
            f"/firms/{self.id}/tokens",
            headers={"Authorization": f"Bearer {self.town.platform_secret}"},
            json={"user": {"user_id": user_id, "name": "Zoé Martin", "email": "zoe@cabinet.example", "role": role}},
        )
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["token"]
        return token

    async def start(self, **changes: Any) -> dict[str, Any]:
        """The wizard's first screen, sent."""
        body = {
            "connector": SHEET.connector,
            "fields": {"api_key": f"{CANARY}-first", "server": "books.example"},
            "options": {"frequency": "real_time", "synchronize_accounts": True},
        }
        answer = await self.admin.post("/connections", json=body | changes)
        assert answer.status_code == 201, answer.text
        started: dict[str, Any] = answer.json()
        return started

    async def connect(self, *files: SoftwareFile, **changes: Any) -> str:
        """A connection whose credentials the software accepted and the administrator confirmed."""
        started = await self.start(**changes)
        connection_id: str = started["connection"]["connection_id"]
        await self._accept(connection_id, started["check"]["check_id"], *files)
        return connection_id

    async def confirm(self, connection_id: str, fields: dict[str, str], *files: SoftwareFile) -> dict[str, Any]:
        """Other credentials, accepted by the software and confirmed; the connection."""
        tried = await self.admin.put(f"/connections/{connection_id}/credentials", json={"fields": fields})
        return await self._accept(connection_id, tried.json()["check_id"], *files)

    async def _accept(self, connection_id: str, check_id: str, *files: SoftwareFile) -> dict[str, Any]:
        await self.town.answer_check(check_id, "accepted", *files)
        path = f"/connections/{connection_id}/checks/{check_id}"
        check = (await self.admin.get(path, params={"wait": 20})).json()
        assert (check["status"], len(check["software_files"])) == ("accepted", len(files))
        answer = await self.admin.post(f"{path}/confirmation")
        assert answer.status_code == 200, answer.text
        connection: dict[str, Any] = answer.json()
        return connection

    async def map(self, file_id: str, connection_id: str, software_file_id: str) -> dict[str, Any]:
        """Tie a file to a software file."""
        body = {"connection_id": connection_id, "software_file_id": software_file_id}
        answer = await self.admin.put(f"/files/{file_id}/mapping", json=body)
        assert answer.status_code == 200, answer.text
        changed: dict[str, Any] = answer.json()
        return changed

    async def active_file(self, software_file_id: str = "sw1") -> tuple[str, str]:
        """A file that is mapped and activated, and its connection."""
        connection_id = await self.connect(SoftwareFile(software_file_id=software_file_id, name="Dupont SARL"))
        file_id = await self.add_file("fil")
        await self.map(file_id, connection_id, software_file_id)
        body = {"send_from": "2026-01-01", "before_send_from": "wait"}
        assert (await self.admin.put(f"/files/{file_id}/activation", json=body)).status_code == 200
        return file_id, connection_id

    def status(self, file_id: str, entry_id: str, **details: Any) -> EntryStatusChanged:
        """What `entries` says of an entry."""
        said = {"revision": 1, "version": 1, "status": "ready", "changed_at": now()} | details
        return EntryStatusChanged.model_validate(said | {"firm_id": self.id, "file_id": file_id, "entry_id": entry_id})

    async def tell(self, *statuses: EntryStatusChanged) -> None:
        """`entries` says what became of entries of one file; returns when the Hub shows it."""
        await self.town.say(*statuses)
        for said in statuses:
            path = f"/files/{said.file_id}/entries/{said.entry_id}"
            await eventually(
                lambda path=path: self.admin.get(path),  # type: ignore[misc]
                lambda answer, said=said: (  # type: ignore[misc]
                    answer.status_code == 200
                    and said.version in {moment["version"] for moment in answer.json()["history"]}
                ),
            )
