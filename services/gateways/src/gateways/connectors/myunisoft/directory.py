"""Finding what MyUnisoft calls things: an entry names its journal, every account and every analytic section by an id.

Ids come from the `Books`; one that is missing is asked for live, once, and remembered. What MyUnisoft does not have is
created where the file's policy and the sheet allow it, and is otherwise a reason to return the entry before sending.
"""

from collections.abc import Collection, Iterable

from gateways.connectors.myunisoft.answers import ACCOUNT, ACCOUNTS, AXES, DIARIES, SECTIONS
from gateways.connectors.myunisoft.api import Api
from gateways.connectors.myunisoft.mapping import Ids, Section
from gateways.domain.judgement import Unbookable
from gateways.domain.outcome import NotAnswered
from gateways.domain.port import BookKind, Books, Parcel
from qontable.entry import Line


class Directory:
    """Looks ids up for one software file. Every method raises `NotAnswered` when MyUnisoft cannot be asked.

    `from_memory` are the kinds of ids that came from memory: MyUnisoft may not know these any more.
    """

    def __init__(self, api: Api, books: Books, society: str) -> None:
        self._api = api
        self._books = books
        self._society = society
        self.from_memory: set[BookKind] = set()

    async def ids_for(self, parcel: Parcel) -> Ids:
        """Every id that this parcel's body needs. Raises `Unbookable` for what is not there."""
        return Ids(
            society=int(self._society),
            journal=await self._journal(parcel.journal_code),
            accounts=await self._accounts(parcel),
            sections=await self._sections(parcel.entry.lines),
        )

    async def ensure(self, number: str, label: str) -> int:
        """The account's id; MyUnisoft creates it when it has none of this number (`POST /account` is an upsert)."""
        account = await self._api.post(ACCOUNT, "/account", {"account_number": number, "label": label or number})
        await self._books.remember("account", {number: str(account.account_id)})
        return account.account_id

    async def _accounts(self, parcel: Parcel) -> dict[str, int]:
        lines = {line.published_account: line for line in parcel.entry.lines}
        known = await self._remembered("account", lines)
        found = {number: int(account_id) for number, account_id in known.items()}
        for number, line in lines.items():
            if number not in found:
                found[number] = await self._look_up(number) or await self._create(line, parcel)
        return found

    async def _remembered(self, kind: BookKind, numbers: Collection[str]) -> dict[str, str]:
        known = await self._books.ids(kind, numbers)
        if known:
            self.from_memory.add(kind)
        return known

    async def _look_up(self, number: str) -> int | None:
        page = await self._api.get(ACCOUNTS, "/account", mode="2", begin_by=number)
        for account in page.account_array:
            if account.account_number == number:
                await self._books.remember("account", {number: str(account.account_id)})
                return account.account_id
        if not page.whole:
            raise NotAnswered(
                self._api.reader.unclear(
                    {
                        "fr": f"MyUnisoft n'a pas donné tous les comptes qui commencent par {number}.",
                        "en": f"MyUnisoft did not list every account that starts with {number}.",
                    }
                )
            )
        return None

    async def _create(self, line: Line, parcel: Parcel) -> int:
        number = line.published_account
        rules = self._api.sheet.accounts
        subsidiary = line.subsidiary is not None or number.startswith(rules.subsidiary_roots)
        rule = rules.missing_subsidiary if subsidiary else rules.missing_account
        if rule != "created_on_policy" or not parcel.policies.create_missing_accounts:
            raise Unbookable(
                "account_unknown",
                {"fr": f"MyUnisoft n'a pas de compte {number}.", "en": f"MyUnisoft has no account {number}."},
            )
        return await self.ensure(number, line.subsidiary.label if line.subsidiary else line.account_label)

    async def _journal(self, code: str) -> int:
        known = await self._remembered("journal", (code,))
        if code in known:
            return int(known[code])
        for journal in await self._api.get(DIARIES, "/diary", code=code):
            if journal.code == code:
                await self._books.remember("journal", {code: str(journal.diary_id)})
                return journal.diary_id
        raise Unbookable(
            "journal_unknown",
            {"fr": f"MyUnisoft n'a pas de journal {code}.", "en": f"MyUnisoft has no journal {code}."},
        )

    async def _sections(self, lines: Iterable[Line]) -> dict[tuple[str, str], Section]:
        wanted = dict.fromkeys((share.axis, share.section) for line in lines for share in line.analytic)
        return {(axis, code): await self._section(axis, code) for axis, code in wanted}

    async def _section(self, axis: str, code: str) -> Section:
        axis_id, axis_label = await self._entitled("analytic_axis", axis, axis)
        section_id, section_label = await self._entitled("analytic_section", f"{axis}/{code}", axis, axis_id)
        return Section(axis_id, axis_label, section_id, section_label)

    async def _entitled(self, kind: BookKind, key: str, axis: str, axis_id: int | None = None) -> tuple[int, str]:
        """Id and label of an axis, or of a section of one; the label travels with the id, for the body wants both."""
        known = await self._books.ids(kind, (key,))
        if key not in known:
            known = await self._list_axes() if axis_id is None else await self._list_sections(axis, axis_id)
            await self._books.remember(kind, known)
        if key not in known:
            raise Unbookable(
                "analytic_unknown",
                {
                    "fr": f"MyUnisoft n'a pas d'axe ni de section analytique {key}.",
                    "en": f"MyUnisoft has no analytic axis or section {key}.",
                },
            )
        text, _, label = known[key].partition(" ")
        return int(text), label

    async def _list_axes(self) -> dict[str, str]:
        axes = await self._api.get(AXES, "/analytics/axes")
        return {axis.code: f"{axis.id_axe} {axis.label}" for axis in axes}

    async def _list_sections(self, axis: str, axis_id: int) -> dict[str, str]:
        route = "/analytics/axes/{axis}/sections"
        sections = await self._api.get(SECTIONS, route, axis=str(axis_id))
        return {f"{axis}/{item.code}": f"{item.id_section_analytique} {item.label}" for item in sections}
