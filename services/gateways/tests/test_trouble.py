"""Trouble of our own: the database goes away, an answer cannot be stored; and what is kept of a try."""

import json
from pathlib import Path

from gateways.domain.outcome import Accepted, SendOutcome
from gateways.domain.port import Parcel
from qontable.events.delivery import EntryAttempted

from .house import House
from .software import ANSWERED, Software, slow


async def test_an_answer_survives_the_loss_of_every_database_connection(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    house.software.script[delivery.entry.entry_id] = [slow(0.4)]
    await house.say(delivery)
    await house.called(delivery)
    await house.database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where usename = 'gateways' and datname = current_database()"
    )
    await house.reaches(delivery, "confirmed")
    assert house.states(delivery) == ["queued", "confirmed"]
    assert house.software.sends(delivery.entry.entry_id) == 1
    after = house.dispatch(await house.connect())
    await house.say(after)
    await house.reaches(after, "confirmed")


async def test_an_answer_that_cannot_be_stored_leaves_its_entry_in_doubt_and_its_neighbours_alone(house: House) -> None:
    def answer_with_nul(software: Software, parcel: Parcel) -> SendOutcome:
        software.books[parcel.reference].append(parcel)
        return Accepted(exchange=ANSWERED, software_entry_id="7\x00")

    connection = await house.connect()
    poisoned, *neighbours = (house.dispatch(connection) for _ in range(4))
    house.software.script[poisoned.entry.entry_id] = [answer_with_nul]
    await house.say(poisoned, *neighbours)
    for neighbour in neighbours:
        await house.reaches(neighbour, "confirmed")
        assert house.states(neighbour) == ["queued", "confirmed"]
    await house.reaches(poisoned, "confirmed")
    assert house.states(poisoned) == ["queued", "unknown", "confirmed"]
    assert house.software.sends(poisoned.entry.entry_id) == 1


async def test_what_was_sent_and_answered_is_kept_under_the_payload_key(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    await house.say(delivery)
    attempt = await house.hears(EntryAttempted, delivery_id=delivery.delivery_id)
    assert attempt.payload_key
    folder = Path(house.world.storage_url.removeprefix("file://"))
    kept = json.loads((folder / attempt.payload_key).read_text())
    assert kept[delivery.delivery_id] == {"sent": '{"entry": 1}', "answered": '{"ok": true}'}
