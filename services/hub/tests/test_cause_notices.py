"""One cause, one notice, also where it is told of each entry in other words: no entry's words stand for all."""

from typing import Any

from services.hub.tests.browser import Answer, Browser
from services.hub.tests.said import refused_entry

REMEDY = {"fr": "Créez le compte.", "en": "Create the account."}


def lacking(firm: Any, file_id: str, entry_id: str, account: str) -> Any:
    """An entry that came back for an account which the software has not."""
    message = {"fr": f"Le compte {account} n'existe pas.", "en": f"Account {account} does not exist."}
    finding = {"code": "account_unknown", "where": "lines.0.account", "message": message, "remedy": REMEDY}
    return firm.status(file_id, entry_id, status="to_verify", findings=[finding])


def notices(page: Answer) -> list[str]:
    """The words of each notice of a cause."""
    found = page.tree.xpath("//*[@id='notices']/*[contains(@class, 'bad')]")
    return [" ".join(" ".join(notice.itertext()).split()) for notice in found]


async def test_entries_that_came_back_for_different_accounts_are_not_told_as_one_account(
    firm: Any, browser: Browser
) -> None:
    file_id, _ = await firm.active_file("cause1")
    accounts = ["606400", "606400", "606400", "606401", "606401", "606402", "606403", "606404"]
    await firm.tell(*(lacking(firm, file_id, f"ent_{n}", account) for n, account in enumerate(accounts)))
    page = await browser.get(f"/files/{file_id}")
    (notice,) = notices(page)
    assert notice.startswith(
        "8 entries came back for the same reason Account 606400 does not exist. Account 606401 does not exist. "
        "Account 606402 does not exist. And 2 other wordings like these. Create the account. Mark these 8 verified"
    ), notice
    options = [option.text for option in page.tree.xpath("//select[@name='cause']/option")]
    assert options == ["All", "Account 606400 does not exist. and 4 others (8)"]


async def test_a_notice_tells_of_the_entries_that_it_marks_and_of_no_others(firm: Any, browser: Browser) -> None:
    file_id, _ = await firm.active_file("cause2")
    accounts = ["606400", "606401", "606401"]
    await firm.tell(*(lacking(firm, file_id, f"ent_{n}", account) for n, account in enumerate(accounts)))
    asked = await firm.admin.post(f"/files/{file_id}/entries/ent_0/correction", json={"revision": 1})
    assert asked.status_code == 202
    (notice,) = notices(await browser.get(f"/files/{file_id}"))
    assert "2 entries came back" in notice and "606400" not in notice, notice


async def test_one_wording_of_the_software_is_said_once(firm: Any, browser: Browser) -> None:
    file_id, _ = await firm.active_file("cause3")
    await firm.tell(*(refused_entry(firm, file_id, f"ent_{number}") for number in range(3)))
    (notice,) = notices(await browser.get(f"/files/{file_id}"))
    assert (notice.count("Journal ACH bloqué"), notice.count("Unlock the journal.")) == (1, 1)
    assert "like these" not in notice
