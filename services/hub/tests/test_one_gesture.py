"""One cause, one gesture: all entries that came back for it, however many, and nothing that waits for another."""

from typing import Any

import asyncpg
from services.hub.tests.browser import Browser
from services.hub.tests.said import refused_entry

from qontable.events.hub import EntryCorrectionRequested

MANY = 1_200


async def test_marking_many_verified_asks_for_every_one_of_them_once(town: Any, firm: Any, browser: Browser) -> None:
    file_id, _ = await firm.active_file("many1")
    await town.say(*(refused_entry(firm, file_id, f"ent_{number:04}") for number in range(MANY)))
    await town.eventually(
        lambda: firm.admin.get(f"/files/{file_id}/entry-counts"),
        lambda answer: answer.json()["tabs"]["to_verify"] == MANY,
    )
    page = await browser.get(f"/files/{file_id}")
    assert f"Mark these {MANY} verified" in page.words
    pressed = await browser.send(page, f"/files/{file_id}/verification")
    assert "It is asked for 1,200 entries." in pressed.words, pressed.words[:400]
    assert "came back for the same reason" not in pressed.words
    pressed_again = await browser.send(page, f"/files/{file_id}/verification")
    assert "Nothing is left to ask for" in pressed_again.words
    await town.hear(EntryCorrectionRequested, lambda event: event.file_id == file_id, times=MANY)
    asked = [event for event in town.heard if isinstance(event, EntryCorrectionRequested) and event.file_id == file_id]
    assert len({event.entry_id for event in asked}) == len(asked) == MANY
    noted = "select 1 from audit where action = 'entry.corrected' and details ->> 'file_id' = $1"
    assert len(await town.rows(noted, file_id)) == MANY


async def test_statuses_take_their_rows_in_the_order_in_which_one_gesture_holds_them(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("a")
    entries = [refused_entry(firm, file_id, entry_id) for entry_id in ("ent_b", "ent_a")]
    await firm.tell(*entries)
    held = "select 1 from hub.entry where file_id = $1 and entry_id = $2 for update nowait"
    waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query ~ '^\\s*insert into entry \\('"
    connection = await asyncpg.connect(town.world.admin_url)
    try:
        async with connection.transaction():
            await connection.execute(held, file_id, "ent_a")
            await town.say(*(said.model_copy(update={"version": 2}) for said in entries))
            await town.eventually(lambda: town.rows(waiting))
            await connection.execute(held, file_id, "ent_b")
    finally:
        await connection.close()
