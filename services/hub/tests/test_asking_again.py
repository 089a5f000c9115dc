"""A request to the platform that it never answers holds nobody up: after ten minutes it is made again."""

from typing import Any

from services.hub.tests.browser import Browser
from services.hub.tests.said import refused_entry

from qontable.events.hub import EntryCorrectionRequested

ELEVEN_MINUTES_PASS = """
update entry set corrected_at = corrected_at - interval '11 minutes' where file_id = $1 and corrected_at is not null
"""


async def test_a_request_that_the_platform_never_answers_can_be_made_again_from_the_entrys_page(
    town: Any, firm: Any, browser: Browser
) -> None:
    file_id, _ = await firm.active_file("again1")
    await firm.tell(refused_entry(firm, file_id, "ent_1"))
    entry = f"/files/{file_id}/entries/ent_1"
    asked = await browser.send(await browser.get(entry), f"{entry}/verification")
    assert "A new revision is asked for." in asked.words
    assert not asked.tree.xpath(f"//form[@action='{entry}/verification']"), "the platform has time to answer"
    await town.rows(ELEVEN_MINUTES_PASS, file_id)
    late = await browser.get(entry)
    assert "has not come from Qonto. You may ask for it again." in late.words, late.words
    assert "Unlock the journal." in late.words, "what it came back for is said again, too"
    again = await browser.send(late, f"{entry}/verification")
    assert "A new revision is asked for." in again.words
    await town.hear(EntryCorrectionRequested, lambda event: event.file_id == file_id, times=2)


async def test_entries_that_the_platform_never_answered_for_are_in_their_causes_notice_again(
    town: Any, firm: Any, browser: Browser
) -> None:
    file_id, _ = await firm.active_file("again2")
    await firm.tell(*(refused_entry(firm, file_id, f"ent_{number}") for number in range(2)))
    page = await browser.get(f"/files/{file_id}")
    asked = await browser.send(page, f"/files/{file_id}/verification")
    assert "came back for the same reason" not in asked.words
    assert all("New revision asked for" in row[-1] for row in asked.rows())
    await town.rows(ELEVEN_MINUTES_PASS, file_id)
    late = await browser.get(f"/files/{file_id}")
    assert "2 entries came back for the same reason" in late.words
    assert all("Synchronization Failed" in row[-1] for row in late.rows()), late.rows()
