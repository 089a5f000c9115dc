"""Reference data as it is asked for, retrieved and applied, in whatever order that is heard."""

import asyncio
from typing import Any

import pytest

from qontable.clock import now
from qontable.events.hub import SoftwareFile
from qontable.events.reference import (
    Account,
    AccountsFetched,
    AccountsRefreshed,
    AccountsRefreshRequested,
    Closing,
    Failure,
    ReferenceChanges,
    ReferenceRows,
)


@pytest.mark.parametrize("retrieved_first", [True, False])
async def test_a_refresh_is_asked_once_and_says_what_it_changed(town: Any, firm: Any, retrieved_first: Any) -> None:
    file_id, connection_id = await firm.active_file()
    path = f"/files/{file_id}/refresh"
    assert (await firm.admin.get(path)).json()["state"] == "never"
    first, second = [(await firm.admin.post(path)).json() for _ in range(2)]
    assert (first["state"], second["refresh_id"]) == ("asked", first["refresh_id"])
    request = await town.hear(AccountsRefreshRequested, lambda event: event.file_id == file_id)
    assert (request.reason, request.software_file_id, len(request.kinds)) == ("button", "sw1", 4)
    waiting = asyncio.create_task(firm.admin.get(path, params={"wait": 20}))
    applied = [_refreshed(firm, file_id, connection_id, 1, created=number, part=number) for number in (1, 2)]
    retrieved = _fetched(request, closing=Closing(parts=1, rows=3, sha256="0", started_at=applied[0].refreshed_at))
    if retrieved_first:
        await town.say(retrieved)
        await town.eventually(lambda: firm.admin.get(path), lambda answer: answer.json()["state"] == "retrieved")
        await town.say(*applied)
    else:
        await town.say(*applied)
        early = await town.eventually(lambda: firm.admin.get(path), lambda answer: answer.json()["version"] == 1)
        assert early.json()["state"] == "asked"
        await town.say(retrieved)
    done = (await waiting).json()
    assert (done["state"], done["version"], done["asked_by"]) == ("refreshed", 1, "usr_ada")
    counted = await town.eventually(
        lambda: firm.admin.get(path), lambda answer: answer.json()["changes"].get("accounts", {}).get("created") == 3
    )
    assert set(counted.json()["changes"]) == {"accounts"}
    repeated = applied[0].model_copy(update={"full": True, "from_version": 0, "refreshed_at": now()})
    unchanged = applied[0].model_copy(
        update={"from_version": 1, "refreshed_at": now(), "changes": ReferenceChanges(), "part": 1}
    )
    await town.say(repeated, unchanged)
    again_refreshed = await town.eventually(lambda: firm.admin.get(path), lambda answer: answer.json()["changes"] == {})
    assert again_refreshed.json()["version"] == 1
    again = (await firm.admin.post(path, json={"kinds": ["journals"]})).json()
    assert again["refresh_id"] != first["refresh_id"]
    later = await town.hear(AccountsRefreshRequested, lambda event: event.refresh_id == again["refresh_id"])
    assert later.kinds == ("journals",)


async def test_a_failed_refresh_says_why_and_what_to_do(town: Any, firm: Any) -> None:
    file_id, connection_id = await firm.active_file()
    await town.say(_refreshed(firm, file_id, connection_id, 1, created=1))
    path = f"/files/{file_id}/refresh"
    await town.eventually(lambda: firm.admin.get(path), lambda answer: answer.json()["state"] == "refreshed")
    await firm.admin.post(path)
    request = await town.hear(AccountsRefreshRequested, lambda event: event.file_id == file_id)
    failure = Failure(category="unreachable", message="Délai dépassé", remedy={"fr": "Réessayez.", "en": "Try again."})
    await town.say(_fetched(request, failure=failure))
    failed = (await firm.admin.get(path, params={"wait": 20})).json()
    assert (failed["state"], failed["failure"]["message"], failed["version"]) == ("failed", "Délai dépassé", 1)
    assert (await firm.admin.get(f"/files/{file_id}")).json()["state"] == "problem"
    older = _refreshed(firm, file_id, connection_id, 0, created=9)
    await town.say(older, _refreshed(firm, file_id, connection_id, 2))
    mended = await town.eventually(lambda: firm.admin.get(path), lambda answer: answer.json()["version"] == 2)
    assert (mended.json()["state"], mended.json()["failure"], mended.json()["changes"]) == ("refreshed", None, {})


async def test_reference_data_of_the_software_file_before_says_nothing_of_this_one(town: Any, firm: Any) -> None:
    file_id, connection_id = await firm.active_file()
    await firm.admin.delete(f"/files/{file_id}/mapping")
    await firm.confirm(
        connection_id, {"api_key": "abcdefgh", "server": "a"}, SoftwareFile(software_file_id="sw2", name="Martin")
    )
    await firm.map(file_id, connection_id, "sw2")
    await town.say(
        _refreshed(firm, file_id, connection_id, 7, software_file_id="sw1"),
        _refreshed(firm, file_id, connection_id, 8, software_file_id="sw2"),
    )
    shown = await town.eventually(
        lambda: firm.admin.get(f"/files/{file_id}"), lambda answer: answer.json()["reference_version"]
    )
    assert shown.json()["reference_version"] == 8


def _refreshed(
    firm: Any,
    file_id: str,
    connection_id: str,
    version: int,
    *,
    created: int = 0,
    part: int = 1,
    software_file_id: str = "sw1",
) -> AccountsRefreshed:
    rows = ReferenceRows(accounts=tuple(Account(number=f"6{number:05}", label="x") for number in range(created)))
    return AccountsRefreshed(
        firm_id=firm.id,
        file_id=file_id,
        connection_id=connection_id,
        software_file_id=software_file_id,
        from_version=max(version - 1, 0),
        version=version,
        part=part,
        parts=part,
        changes=ReferenceChanges(created=rows),
        refreshed_at=_MOMENTS.setdefault((file_id, version), now()),
    )


_MOMENTS: dict[tuple[str, int], Any] = {}


def _fetched(request: AccountsRefreshRequested, **end: Any) -> AccountsFetched:
    return AccountsFetched(
        refresh_id=request.refresh_id,
        fetch_id="fet_1",
        firm_id=request.firm_id,
        file_id=request.file_id,
        connection_id=request.connection_id,
        software_file_id=request.software_file_id,
        **end,
    )
