"""The vendor's throttle: 20 requests in 10 seconds and 10 at once, unless the key was granted something else."""

import asyncio
import time
from collections import Counter

from ..served import eventually
from .conftest import SoftwareFile, Stand, code_of


async def _limited(stand: Stand, file: SoftwareFile, token: str, **limits: float) -> None:
    firm = f"firm-{file.code.removeprefix('DOS')}"
    await stand.key(firm, token, software_file=file.code, activated=True, **limits)


async def test_the_21st_request_in_ten_seconds_is_refused(stand: Stand, file: SoftwareFile) -> None:
    await _limited(stand, file, "default")
    async with stand.client("default") as api:
        answers = [await api.get("/diary") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert code_of(answers[20]) == "ERR-TOO-MANY-REQUEST"
    left = [int(answer.headers["X-Rate-Limit-Remaining"]) for answer in answers]
    assert left == [*range(19, -1, -1), 0]
    assert {answer.headers["X-Rate-Limit-Total"] for answer in answers} == {"20"}
    assert 0 < int(answers[0].headers["X-Rate-Limit-Reset"]) - time.time() <= 11


async def test_another_key_has_its_own_limit(stand: Stand, file: SoftwareFile) -> None:
    await _limited(stand, file, "one", requests=1)
    await _limited(stand, file, "two", requests=1)
    async with stand.client("one") as one, stand.client("two") as two:
        assert (await one.get("/diary")).status_code == 200
        assert (await one.get("/diary")).status_code == 429
        assert (await two.get("/diary")).status_code == 200


async def test_the_period_ends(stand: Stand, file: SoftwareFile) -> None:
    await _limited(stand, file, "short", requests=1, seconds=0.3)
    async with stand.client("short") as api:
        assert (await api.get("/diary")).status_code == 200
        refused = await api.get("/diary")
        assert refused.status_code == 429

        async def let_in() -> bool:
            return (await api.get("/diary")).status_code == 200

        await eventually(let_in)


async def test_more_can_be_granted_to_a_key(stand: Stand, file: SoftwareFile) -> None:
    await _limited(stand, file, "granted")
    await stand.control.patch("/tokens", json={"token": "granted", "requests": 500, "seconds": 5})
    async with stand.client("granted") as api:
        answer = await api.get("/diary")
    assert answer.headers["X-Rate-Limit-Total"] == "500"


async def test_the_eleventh_at_once_on_a_route_is_refused(stand: Stand, file: SoftwareFile) -> None:
    await _limited(stand, file, "crowd", requests=1000)
    await file.fault("answer_late", seconds=1.0, route="GET /diary")
    async with stand.client("crowd") as api:
        answers = await asyncio.gather(*(api.get("/diary") for _ in range(11)))
        elsewhere = await api.get("/society/exercice")
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {200: 10, 429: 1}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert code_of(refused) == "ERR-TOO-MANY-CONCURRENT-REQUESTS"
    assert "X-Rate-Limit-Remaining" in refused.headers
    assert elsewhere.status_code == 200
