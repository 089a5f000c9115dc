"""Finding what Pennylane calls things: an entry names its journal and every account by an id.

Ids come from the `Books`; one that is missing is asked for live, once, and remembered. An account that Pennylane does
not have is created where the file's policy and the sheet allow it; under 401 and 411 Pennylane makes the supplier or
customer with it. Otherwise its absence is a reason to return the entry before sending.
"""

from collections.abc import Collection

from gateways.connectors.pennylane.answers import ACCOUNT, ACCOUNTS, JOURNALS, Account
from gateways.connectors.pennylane.api import COMPANY, Api
from gateways.connectors.pennylane.mapping import Ids
from gateways.domain.judgement import Unbookable
from gateways.domain.outcome import NotAnswered
from gateways.domain.port import BookKind, Books, Parcel
from qontable.entry import Line


class Directory:
    """Looks ids up for one company. Every method raises `NotAnswered` when Pennylane cannot be asked.

    `from_memory` are the kinds of ids that came from memory: Pennylane may not know these any more.
    """

    def __init__(self, api: Api, books: Books) -> None:
        self._api = api
        self._books = books
        self.from_memory: set[BookKind] = set()

    async def ids_for(self, parcel: Parcel) -> Ids:
        """The ids of journal and accounts that this parcel's body needs. Raises `Unbookable` for what is not there."""
        return Ids(journal=await self._journal(parcel.journal_code), accounts=await self._accounts(parcel))

    async def ensure(self, number: str, label: str) -> int:
        """The account's id, created if there is none of this number."""
        return await self._look_up(number) or await self._create(number, label)

    async def journal_now(self, code: str) -> int | None:
        """The journal's id as the software has it now, whatever we remember."""
        found: dict[str, str] = {}
        async for journals in self._api.pages(JOURNALS, f"{COMPANY}/journals"):
            found |= {journal.code: str(journal.id) for journal in journals}
        await self._books.remember("journal", found)
        return int(found[code]) if code in found else None

    async def _accounts(self, parcel: Parcel) -> dict[str, int]:
        lines = {line.published_account: line for line in parcel.entry.lines}
        found = {number: int(name) for number, name in (await self._remembered("account", lines)).items()}
        for number, line in lines.items():
            if number not in found:
                found[number] = await self._look_up(number) or await self._create_by_policy(line, parcel)
        return found

    async def _remembered(self, kind: BookKind, numbers: Collection[str]) -> dict[str, str]:
        known = await self._books.ids(kind, numbers)
        if known:
            self.from_memory.add(kind)
        return known

    async def _look_up(self, number: str) -> int | None:
        """The id of the account of this number, one that is open before one that is archived."""
        found: list[Account] = []
        async for accounts in self._api.pages(
            ACCOUNTS, f"{COMPANY}/ledger_accounts", filters=[("number", "eq", number)]
        ):
            found += [account for account in accounts if account.number == number]
        if not found:
            return None
        chosen = min(found, key=lambda account: account.closed)
        await self._books.remember("account", {number: str(chosen.id)})
        return chosen.id

    async def _create_by_policy(self, line: Line, parcel: Parcel) -> int:
        number = line.published_account
        rules = self._api.sheet.accounts
        subsidiary = line.subsidiary is not None or number.startswith(rules.subsidiary_roots)
        rule = rules.missing_subsidiary if subsidiary else rules.missing_account
        if rule != "created_on_policy" or not parcel.policies.create_missing_accounts:
            raise Unbookable(
                "account_unknown",
                {"fr": f"Pennylane n'a pas de compte {number}.", "en": f"Pennylane has no account {number}."},
            )
        return await self._create(number, line.subsidiary.label if line.subsidiary else line.account_label)

    async def _create(self, number: str, label: str) -> int:
        """Create an account; one that was refused may be there already, made by somebody meanwhile."""
        wanted = {"number": number, "label": label or number}
        try:
            account = await self._api.post(ACCOUNT, f"{COMPANY}/ledger_accounts", wanted)
        except NotAnswered as error:
            if error.failure.cause == "refused" and (found := await self._look_up(number)):
                return found
            raise
        await self._books.remember("account", {number: str(account.id)})
        return account.id

    async def _journal(self, code: str) -> int:
        known = await self._remembered("journal", (code,))
        if code in known:
            return int(known[code])
        found = await self.journal_now(code)
        if found is None:
            raise Unbookable(
                "journal_unknown",
                {"fr": f"Pennylane n'a pas de journal {code}.", "en": f"Pennylane has no journal {code}."},
            )
        return found
