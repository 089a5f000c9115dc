"""Everything is due at once, as when the evening comes: two processes share the lanes, and no vendor notices."""

import asyncio
from collections import defaultdict

from qontable.events.hub import Throttle

from .house import House

CONNECTIONS = 8
FILES = 2
ENTRIES = 4
LIMIT = Throttle(requests=3, seconds=0.5, concurrent=3)


async def test_no_stretch_of_time_exceeds_a_connection_s_limit_and_files_stay_in_order(empty_house: House) -> None:
    house = empty_house
    first, second = [await house.gateway(slot=f"gateways-{number}", lanes=4) for number in (1, 2)]
    async with first.running(), second.running():
        connections = await asyncio.gather(*(house.connect(throttle=LIMIT) for _ in range(CONNECTIONS)))
        deliveries = [
            house.dispatch(connection, file_id=f"fil_{connection}_{file}", sequence=sequence)
            for sequence in range(1, ENTRIES + 1)
            for connection in connections
            for file in range(FILES)
        ]
        await house.say(*deliveries)
        await asyncio.gather(*(house.reaches(delivery, "confirmed", patience=60) for delivery in deliveries))
    sent = {delivery.entry.entry_id: delivery for delivery in deliveries}
    times: dict[str, list[float]] = defaultdict(list)
    sequences: dict[str, list[int]] = defaultdict(list)
    for operation, entry_id, moment in house.software.calls:
        if operation == "send":
            times[sent[entry_id].connection_id].append(moment)
            sequences[sent[entry_id].file_id].append(sent[entry_id].sequence)
    assert len(times) == CONNECTIONS
    for moments in times.values():
        later = zip(moments, moments[LIMIT.requests :], strict=False)
        assert all(end - begin >= LIMIT.seconds for begin, end in later)
    assert set(map(tuple, sequences.values())) == {tuple(range(1, ENTRIES + 1))}
