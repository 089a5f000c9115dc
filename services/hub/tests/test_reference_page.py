"""Reference data as people look at it: row by row, as versions arrive, paged and searched; and a file's settings."""

from datetime import timedelta
from typing import Any

import pytest
from services.hub.tests.browser import Browser
from services.hub.tests.town import Town

from qontable.clock import now
from qontable.events.hub import FileIntegrationChanged
from qontable.events.reference import (
    Account,
    AccountsFullRequested,
    AccountsRefreshed,
    FiscalYear,
    ReferenceChanges,
    ReferenceJournal,
    ReferenceRows,
)

ACCOUNTS = tuple(Account(number=f"6{n:05}", label=f"Charge {n}") for n in range(250))
WHOLE = ReferenceRows(
    accounts=ACCOUNTS,
    subsidiaries=(Account(number="401DURAND", label="Durand & Fils"), Account(number="401ROUX", label="", closed=True)),
    journals=(
        ReferenceJournal(code="AC", label="Achats", type="purchases"),
        ReferenceJournal(code="BQ", label="Banque", type="bank", account="512000"),
    ),
    fiscal_years=(
        FiscalYear(start="2025-01-01", end="2025-12-31", closed=True),
        FiscalYear(start="2026-01-01", end="2026-12-31"),
    ),
)


class Software:
    """One software file whose reference data `reference_data` speaks of."""

    def __init__(self, firm: Any, file_id: str, connection_id: str, software_file_id: str) -> None:
        self.firm, self.file_id = firm, file_id
        self._ids = {
            "firm_id": firm.id, "file_id": file_id, "connection_id": connection_id, "software_file_id": software_file_id
        }  # fmt: skip
        self.began = now() - timedelta(hours=1)

    def refreshed(self, from_version: int, version: int, **said: Any) -> AccountsRefreshed:
        """A step from one version to the next; each begins a second later than the one before."""
        self.began += timedelta(seconds=1)
        changes = said.pop("changes", ReferenceChanges())
        step = {"from_version": from_version, "version": version, "changes": changes, "refreshed_at": self.began}
        return AccountsRefreshed.model_validate({**self._ids, **step, **said})

    async def say(self, *events: AccountsRefreshed) -> None:
        """Say them, and wait until the hub stands at the last one's version and instant."""
        await self.firm.town.say(*events)
        await self.firm.town.eventually(
            lambda: self.firm.town.rows(
                "select 1 from reference_held where file_id = $1 and version = $2 and fetched_at::text like $3",
                self.file_id, events[-1].version, f"%{events[-1].refreshed_at.isoformat()}%",
            )
        )  # fmt: skip


async def software_of(firm: Any, software_file_id: str) -> Software:
    """An active file's."""
    file_id, connection_id = await firm.active_file(software_file_id)
    return Software(firm, file_id, connection_id, software_file_id)


async def test_rows_of_every_kind_are_paged_and_found(firm: Any, browser: Browser) -> None:
    software = await software_of(firm, "ref1")
    root = f"/files/{software.file_id}/reference"
    assert "have not arrived here yet" in (await browser.get(root)).words
    await software.say(software.refreshed(0, 1, changes=ReferenceChanges(created=WHOLE)))
    page, numbers = await browser.get(root), []
    assert "250 accounts" in page.words
    while True:
        numbers += [row[0] for row in page.rows()]
        following = page.tree.xpath("//p[@class='pager']/a/@href")
        if not following:
            break
        page = await browser.get(following[0])
    assert numbers == [account.number for account in ACCOUNTS]
    found = await browser.get(root, q="charge 24")
    assert [row[1] for row in found.rows()] == ["Charge 24", *(f"Charge 24{n}" for n in range(10))]
    assert "Nothing matches" in (await browser.get(root, q="100%")).words
    assert (await browser.get(root, tab="subsidiaries")).rows() == [
        ["401DURAND", "Durand & Fils", "open"],
        ["401ROUX", "", "closed"],
    ]
    journals = (await browser.get(root, tab="journals")).rows()
    assert journals == [["AC", "Achats", "purchases", "", "open"], ["BQ", "Banque", "bank", "512000", "open"]]
    years = (await browser.get(root, tab="fiscal_years")).rows()
    assert years[0] == ["1 Jan 2025", "31 Dec 2025", "closed"]
    for wrong in ({"tab": "passwords"}, {"cursor": "x"}, {"q": "\x00"}, {"q": "x" * 201}):
        assert (await browser.get(root, **wrong)).status == 422, wrong


async def test_refreshes_change_rows_and_say_what_they_changed(firm: Any, browser: Browser) -> None:
    software = await software_of(firm, "ref2")
    root = f"/files/{software.file_id}/reference"
    changes = ReferenceChanges(
        created=ReferenceRows(accounts=(Account(number="700000", label="Ventes"),)),
        changed=ReferenceRows(accounts=(Account(number="600001", label="Renamed", closed=True),)),
        removed=ReferenceRows(accounts=(ACCOUNTS[0],), journals=(WHOLE.journals[1],)),
    )
    await software.say(
        software.refreshed(0, 1, changes=ReferenceChanges(created=WHOLE)),
        software.refreshed(1, 2, changes=changes),
        software.refreshed(2, 2, kinds=("journals",)),
    )
    rows = (await browser.get(root)).rows()
    assert rows[0] == ["600001", "Renamed", "closed"]
    assert (await browser.get(root, q="ventes")).rows() == [["700000", "Ventes", "open"]]
    assert [row[0] for row in (await browser.get(root, tab="journals")).rows()] == ["AC"]
    latest, second, first = (await browser.get(root, tab="refreshes")).rows()
    assert latest[1:] == ["not read", "not read", "unchanged", "not read"]
    assert second[1:] == ["1 created, 1 changed, 1 removed", "unchanged", "1 removed", "unchanged"]
    assert first[1:] == ["250 created", "2 created", "2 created", "2 created"]


async def test_an_account_with_the_longest_texts_is_kept_and_found(firm: Any, browser: Browser) -> None:
    software = await software_of(firm, "ref_long")
    text = "".join(chr(0x20000 + number * 37 % 40_000) for number in range(2_000))  # four bytes each, none repeated
    long = Account(number=text[:200], label=text)
    changes = ReferenceChanges(created=ReferenceRows(accounts=(*ACCOUNTS[:3], long)))
    await software.say(software.refreshed(0, 1, changes=changes))
    for part in (text[:80], text[100:160]):
        found = await browser.get(f"/files/{software.file_id}/reference", q=part)
        assert found.rows() == [[long.number, text, "open"]]


async def test_a_version_in_parts_is_shown_whole_or_not_at_all(town: Town, firm: Any, browser: Browser) -> None:
    software = await software_of(firm, "ref3")
    root = f"/files/{software.file_id}/reference"
    whole = software.refreshed(0, 1, parts=2)
    halves = [
        whole.model_copy(update={"part": n + 1, "changes": ReferenceChanges(created=ReferenceRows(accounts=rows))})
        for n, rows in enumerate((ACCOUNTS[:120], ACCOUNTS[120:]))
    ]
    await town.say(halves[1], halves[1])
    await town.eventually(lambda: town.rows("select 1 from reference_part where file_id = $1", software.file_id))
    assert "have not arrived here yet" in (await browser.get(root)).words
    await software.say(halves[0])
    assert "250 accounts" in (await browser.get(root)).words
    assert await town.rows("select 1 from reference_part where file_id = $1", software.file_id) == []


async def test_a_gap_asks_for_the_full_state_once_and_the_full_state_mends_it(town: Town, firm: Any) -> None:
    software = await software_of(firm, "ref4")
    await town.say(software.refreshed(4, 5), software.refreshed(5, 6))
    asked = await town.hear(AccountsFullRequested, lambda event: event.file_id == software.file_id)
    assert (asked.firm_id, asked.reader) == (firm.id, "hub")
    await software.say(software.refreshed(0, 6, full=True, changes=ReferenceChanges(created=WHOLE)))
    kinds = await town.rows(
        "select kind, count(*) as rows from reference_row where file_id = $1 group by kind", software.file_id
    )
    assert {row["kind"]: row["rows"] for row in kinds} == {
        "accounts": 250, "subsidiaries": 2, "journals": 2, "fiscal_years": 2
    }  # fmt: skip
    await software.say(software.refreshed(6, 7, changes=ReferenceChanges(removed=WHOLE)))
    await town.listen()
    again = [event for event in town.heard if isinstance(event, AccountsFullRequested)]
    assert [event.file_id for event in again].count(software.file_id) == 1
    assert await town.rows("select 1 from reference_row where file_id = $1", software.file_id) == []


async def test_what_was_read_of_another_software_file_is_not_shown(firm: Any, browser: Browser) -> None:
    software = await software_of(firm, "ref5")
    await software.say(software.refreshed(0, 1, changes=ReferenceChanges(created=WHOLE)))
    assert (await firm.admin.delete(f"/files/{software.file_id}/mapping")).status_code == 200
    page = await browser.get(f"/files/{software.file_id}/reference")
    assert "is mapped to no software" in page.words and "600001" not in page.text


async def test_journals_go_where_the_map_says(town: Town, firm: Any, browser: Browser) -> None:
    software = await software_of(firm, "ref6")
    await software.say(software.refreshed(0, 1, changes=ReferenceChanges(created=WHOLE)))
    await firm.tell(firm.status(software.file_id, "ent_1", summary={"journal": "ACH"}))
    root = f"/files/{software.file_id}"
    page = await browser.get(f"{root}/settings")
    assert page.tree.xpath("//datalist/option/@value") == ["AC", "BQ"]
    typed = {"to.0": " AC ", "from.1": "BNQ", "to.1": "BQ"}
    kept = await browser.send(page, f"{root}/journal-map", **typed)
    assert kept.url.endswith("said=settings_kept"), kept.words
    said = await town.hear(FileIntegrationChanged, lambda event: event.journal_map == {"ACH": "AC", "BNQ": "BQ"})
    assert said.file_id == software.file_id
    again = await browser.send(page, f"{root}/journal-map", **typed)
    assert again.url.endswith("said=settings_kept")
    assert (await firm.admin.get(root)).json()["version"] == said.version
    stale = await browser.send(page, f"{root}/journal-map", **{"to.0": "BQ"})
    assert stale.status == 409 and "changed file" in stale.words
    assert stale.tree.xpath("//input[@name='to.0']/@value") == ["BQ"]
    overwritten = await browser.send(stale, f"{root}/journal-map")
    assert overwritten.url.endswith("said=settings_kept")
    assert (await firm.admin.get(root)).json()["journal_map"] == {"ACH": "BQ"}


@pytest.mark.parametrize(
    ("typed", "where", "word"),
    [
        ({"to.0": "XX"}, "to.0", "no such journal"),
        ({"to.0": "A" * 10_000}, "to.0", "at most 20"),
        ({"from.1": "A\x07", "to.1": "AC"}, "from.1", "at most 20"),
        ({"to.1": "AC"}, "from.1", "Which journal"),
        ({"from.1": "ACH", "to.1": "AC"}, "from.0", "stands here twice"),
    ],
)
async def test_a_wrong_journal_stands_at_its_field(
    firm: Any, browser: Browser, typed: dict[str, str], where: str, word: str
) -> None:
    software = await software_of(firm, "ref7")
    await software.say(software.refreshed(0, 1, changes=ReferenceChanges(created=WHOLE)))
    await firm.tell(firm.status(software.file_id, "ent_1", summary={"journal": "ACH"}))
    root = f"/files/{software.file_id}"
    refused = await browser.send(await browser.get(f"{root}/settings"), f"{root}/journal-map", **typed)
    fault = refused.tree.xpath(f"//input[@name='{where}'][@aria-invalid='true']/following-sibling::p[@class='fault']")
    assert refused.status == 422 and word in fault[0].text_content(), refused.words
    assert (await firm.admin.get(root)).json()["journal_map"] == {}


async def test_policies_are_kept_and_said(town: Town, firm: Any, browser: Browser) -> None:
    software = await software_of(firm, "ref8")
    root = f"/files/{software.file_id}"
    page = await browser.get(f"{root}/settings")
    chosen = {"missing_accounts": "create", "duplicates": "send", "documents": "hold", "closed_until": "2025-12-31"}
    for _ in range(2):
        kept = await browser.send(page, f"{root}/policies", **chosen)
        assert kept.url.endswith("said=settings_kept"), kept.words
    said = await town.hear(
        FileIntegrationChanged,
        lambda event: event.file_id == software.file_id and event.policies.closed_until != None,  # noqa: E711
    )
    assert said.policies.model_dump() == {
        "create_missing_accounts": True, "ask_before_creating": False, "possible_duplicates": "send",
        "missing_documents": "hold", "closed_until": "2025-12-31",
    }  # fmt: skip
    acts = await town.rows("select 1 from audit where action = 'file.policies_changed' and firm_id = $1", firm.id)
    assert len(acts) == 1
    assert kept.tree.xpath("//input[@name='closed_until']/@value") == ["2025-12-31"]
    stale = await browser.send(page, f"{root}/policies", **{**chosen, "duplicates": "ask"})
    assert stale.status == 409
    for wrong in ("2025-02-30", "31/12/2025", "x" * 10_000):
        refused = await browser.send(kept, f"{root}/policies", closed_until=wrong)
        assert refused.status == 422 and "no date" in refused.words
    for wrong in ({"duplicates": ""}, {"documents": "burn"}, {"missing_accounts": "perhaps"}):
        assert (await browser.send(kept, f"{root}/policies", **wrong)).status == 422, wrong
    asks = await browser.send(kept, f"{root}/policies", missing_accounts="ask")
    assert asks.tree.xpath("//input[@name='missing_accounts'][@checked]/@value") == ["ask"]
    assert (await firm.admin.get(root)).json()["policies"]["ask_before_creating"] is True
    emptied = await browser.send(asks, f"{root}/policies", closed_until="")
    assert emptied.url.endswith("said=settings_kept")
    assert (await firm.admin.get(root)).json()["policies"]["closed_until"] is None


async def test_another_firms_reference_data_and_settings_are_not_there(
    firm: Any, other_firm: Any, browser: Browser
) -> None:
    theirs = await software_of(other_firm, "ref9")
    await theirs.say(theirs.refreshed(0, 1, changes=ReferenceChanges(created=WHOLE)))
    root = f"/files/{theirs.file_id}"
    for path in ("reference", "settings"):
        page = await browser.get(f"{root}/{path}")
        assert page.status == 404 and "600001" not in page.text
    token = (await browser.get("/files")).tree.xpath("//input[@name='form_token']/@value")[0]
    for path in ("journal-map", "policies"):
        answer = await browser.client.post(f"{root}/{path}", data={"form_token": token, "duplicates": "ask"})
        assert answer.status_code == 404, path
    assert (await other_firm.admin.get(root)).json()["journal_map"] == {}
