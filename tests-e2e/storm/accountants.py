"""The people in the storm: they validate, press Synchronize, correct what came back, renew keys, answer questions."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sandbox.adapters.api import ApiRefused, Unreachable
from sandbox.app.systems import GaveUp
from sandbox.domain.drafts import Draft

from .books import sent
from .eyes import Eyes
from .firms import File, Firm, spelt_right
from .script import Deed

T = TypeVar("T")
BACKLOG = 150
"""How many entries may be on their way before accountants pause."""
ROUND_SECONDS = 2.0
MOST_CORRECTIONS = 5
UNSETTLED = """
    select count(*) from sandbox.platform_entries
    where (status_revision is distinct from revision or status not in ('synchronized', 'to_verify', 'withdrawn'))
        and not (status = 'ready' and 'evening' = any(waiting_for))
"""


class Accountants:
    """Everyone who works while things go wrong; patient with parts that do not answer.

    Once it is `late`, nobody waits for another evening: Synchronize is pressed for daily files too.
    """

    def __init__(self, firms: list[Firm], eyes: Eyes) -> None:
        self._firms = firms
        self._by_id = {firm.firm_id: firm for firm in firms}
        self._eyes = eyes
        self._corrected: Counter[tuple[str, str]] = Counter()
        self.late = False
        self.done: Counter[str] = Counter()
        self.published: dict[tuple[str, str], int] = {}

    async def do(self, deed: Deed) -> None:
        """Do one deed, once the backlog allows it."""
        while await self._eyes.value(UNSETTLED) > BACKLOG:
            await asyncio.sleep(0.2)
        file, systems = deed.file, self._by_id[deed.file.firm_id].systems
        ids = [draft.identity(file.file_id) for draft in deed.drafts]
        if deed.act == "undo":
            await patiently(lambda: systems.platform.undo(file.file_id, ids))
        else:
            await patiently(lambda: self._publish(file, list(deed.drafts)))
            for entry_id in ids:
                self.published.setdefault((file.file_id, entry_id), len(self.published) + 1)
        self.done[deed.act] += len(ids)

    async def _publish(self, file: File, drafts: list[Draft]) -> None:
        systems = self._by_id[file.firm_id].systems
        await systems.platform.publish(file.firm_id, file.file_id, file.connector, file.software_file_id, drafts)

    async def work(self) -> None:
        """Synchronize and correct, round after round, until cancelled."""
        while True:
            await self.round()
            await asyncio.sleep(ROUND_SECONDS)

    async def round(self) -> None:
        """One look at every file. What does not answer is for the next round."""
        for firm in self._firms:
            for file in firm.files:
                try:
                    await self._look_after(firm, file)
                except (ApiRefused, Unreachable):
                    continue
        await self._answer_parked()

    async def to_correct(self) -> int:
        """How many entries came back that somebody will still look at."""
        rows = await self._eyes.rows(
            "select file_id, entry_id from sandbox.platform_entries where status = 'to_verify'"
        )
        return sum(self._corrected[row["file_id"], row["entry_id"]] < MOST_CORRECTIONS for row in rows)

    async def _look_after(self, firm: Firm, file: File) -> None:
        if file.frequency == "manual" or (file.frequency == "daily" and self.late):
            await firm.systems.hub.synchronize([file.file_id])
            self.done["synchronize"] += 1
        for entry in await firm.systems.platform.entries(file.file_id, "returned"):
            place = (file.file_id, str(entry["entry_id"]))
            if self._corrected[place] < MOST_CORRECTIONS:
                await self._correct(firm, file, entry)
                self._corrected[place] += 1

    async def _correct(self, firm: Firm, file: File, entry: dict[str, Any]) -> None:
        """The account that does not exist becomes one that does; anything else is validated again as it is."""
        said = await firm.systems.platform.entry(file.file_id, entry["entry_id"])
        lines = spelt_right(said.lines)
        corrected = said.model_copy(update={"lines": lines})
        content = corrected.model_dump(mode="json", by_alias=True, exclude_none=True) if lines != said.lines else None
        await firm.systems.hub.correct(file.file_id, entry["entry_id"], entry["revision"], content)
        self.done["correct"] += 1

    async def renew_key(self, firm: Firm, connector: str) -> None:
        """Type the key again that works once more, have it tried, confirm it."""
        await patiently(lambda: self._renew_key(firm, connector))
        self.done["renew a key"] += 1

    async def _renew_key(self, firm: Firm, connector: str) -> None:
        hub = firm.systems.hub
        (connection, *_) = await hub.connections(connector)
        connection_id = str(connection["connection_id"])
        fields = firm.systems.typed_key(connector, firm.firm_id)
        check_id = await hub.replace_credentials(connection_id, fields)
        while (check := await hub.check(connection_id, check_id))["status"] == "pending":
            await asyncio.sleep(0.2)
        if check["status"] != "accepted":
            raise Unreachable(f"the key was not accepted: {check['status']}")
        await hub.confirm(connection_id, check_id)

    async def _answer_parked(self) -> None:
        """Look into the software for whatever only a person can decide, and say what is there."""
        for row in await sent(self._eyes, "d.state in ('parked', 'missing')"):
            hub = self._by_id[row["firm_id"]].systems.hub
            answer = "in_books" if row["booked"] else "not_in_books"
            try:
                await hub.resolve(row["file_id"], row["entry_id"], row["delivery_id"], answer)
            except (ApiRefused, Unreachable):
                continue
            self.done[f"answer: {answer}"] += 1


async def patiently(attempt: Callable[[], Awaitable[T]]) -> T:
    """The result of `attempt`, made again for as long as a part does not answer or says "later"."""
    while True:
        try:
            return await attempt()
        except (Unreachable, GaveUp):
            await asyncio.sleep(0.3)
        except ApiRefused as refusal:
            if refusal.status not in (404, 409, 500, 502, 503):
                raise
            await asyncio.sleep(0.3)
