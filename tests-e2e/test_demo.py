"""The main job as `make demo` runs it, small: all is booked once, and what came back was mended.

As `make run` runs it, the firm's Hub is filled as well, and opens with the link that is printed.
"""

import asyncio
import json
from collections import Counter

import httpx
import pytest

from local_stack.connectors import connectors

from .system import System

ENTRIES = 60


@pytest.mark.parametrize("connector", connectors())
async def test_the_demo_books_a_year_and_mends_what_came_back(system: System, connector: str) -> None:
    status, output = await system.run("demo", "--connector", connector, "--entries", str(ENTRIES), "--json")
    assert status == 0, output
    report = json.loads(output)
    assert report["failures"] == []
    assert Counter(item["said_by"] for item in report["returned"]) == {"pre-flight": 4, "software": 4}
    assert all(item["words"] and item["remedy"] and item["mended"] for item in report["returned"])
    assert sum(report["kinds"].values()) == ENTRIES
    verdict = report["verdict"]
    assert verdict["clean"]
    assert verdict["entries"] == ENTRIES
    assert verdict["accounts"] == verdict["published"]["accounts"]
    assert verdict["documents"] == verdict["published"]["documents"] < ENTRIES
    assert [verdict[name] for name in ("lost", "doubled", "altered", "unexpected", "refused")] == [[]] * 5


async def test_a_filled_firm_has_client_files_in_every_state_and_its_link_opens_the_hub(system: System) -> None:
    status, output = await system.run("demo", "--firm", "--entries", str(ENTRIES), "--json")
    assert status == 0, output
    firm = json.loads(output)["firm"]
    assert firm["states"] == {"active": 8, "to_activate": 1, "to_map": 3}
    async with httpx.AsyncClient(
        base_url=system.world.http_url("hub"), headers={"Authorization": f"Bearer {firm['token']}"}
    ) as hub:
        files = {file["name"]: file for file in (await hub.get("/v1/files")).json()["files"]}
        assert {file["connector"] for file in files.values()} == {None, *connectors()}
        assert files["Transports Roussel"]["frequency"] == "manual"
        path = f"/v1/files/{files['Boulangerie Petit']['file_id']}/entries"
        entries = (await hub.get(path, params={"status": "to_verify"})).json()["entries"]
        creations = f"/v1/connections/{files['Boulangerie Petit']['connection_id']}/file-creations"
        await _create_what_qonto_lacks(hub, creations)
    said = [entry["message"]["text"] for entry in entries if entry["message"]]
    assert len(entries) == 8
    assert "Aucune écriture ne peut être ajoutée à un journal clôturé." in said


async def _create_what_qonto_lacks(hub: httpx.AsyncClient, creations: str) -> None:
    """The platform creates the file that is in the software only, and the Hub ties it."""
    listed = await hub.get(creations.replace("file-creations", "software-files"), params={"q": "Brasserie"})
    (lacking,) = listed.json()["software_files"]
    asked = await hub.post(creations, json={"software_file_ids": [lacking["software_file_id"]]})
    assert asked.status_code == 202, asked.text
    async with asyncio.timeout(30):
        while not (found := (await hub.get(creations)).json()["creations"])[0]["file_id"]:
            await asyncio.sleep(0.1)
    file = (await hub.get(f"/v1/files/{found[0]['file_id']}")).json()
    assert (file["name"], file["state"]) == ("Brasserie du Port", "to_activate")
    assert file["software_file"]["software_file_id"] == lacking["software_file_id"]
