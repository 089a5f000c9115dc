"""Who is let in, and what they see of a folder that is not theirs."""

import pytest

from .bodies import invoice
from .conftest import SUBSCRIPTION, Folder, Stand

REFUSALS: dict[str, tuple[dict[str, str | None], int]] = {
    "no subscription key": ({"Ocp-Apim-Subscription-Key": None}, 401),
    "another subscription key": ({"Ocp-Apim-Subscription-Key": "other"}, 401),
    "no key": ({"x-apikey": None}, 401),
    "key without its secret": ({"x-apikey": "KEY1"}, 401),
    "unknown key": ({"x-apikey": "KEY0:secret"}, 401),
}


@pytest.mark.parametrize("what", REFUSALS)
async def test_refused(stand: Stand, folder: Folder, what: str) -> None:
    changes, status = REFUSALS[what]
    sent = {"x-apikey": folder.key, "Ocp-Apim-Subscription-Key": SUBSCRIPTION} | changes
    async with stand.client(folder.key) as api:
        api.headers.clear()
        api.headers.update({name: value for name, value in sent.items() if value is not None})
        answered = await api.get("/journal", params={"codeDossier": folder.code})
    assert answered.status_code == status
    assert answered.json()["statusCode"] == status


async def test_a_revoked_key_one_not_in_loop_hub_and_a_forbidden_route(stand: Stand, folder: Folder) -> None:
    query = {"codeDossier": folder.code}
    switches = {"connector": "cegid_loop", "token": folder.key}
    for change, status in (
        ({"revoked": True}, 401),
        ({"revoked": False, "disconnected": True}, 403),
        ({"disconnected": False, "forbidden_routes": ["GET /journal"]}, 403),
        ({"forbidden_routes": []}, 200),
    ):
        assert (await stand.control.patch("/tokens", json=switches | change)).status_code == 204
        assert (await folder.api.get("/journal", params=query)).status_code == status


async def test_a_folder_on_which_the_connector_is_not_active(folder: Folder) -> None:
    await folder.switch(activated=False)
    refused = await folder.send(invoice())
    message = refused.json()["error"]["message"]
    assert refused.status_code == 200
    assert message.startswith("An error occurred during the JSON import request: The collaborator QTB")
    assert message.endswith(f" does not have access to the folder Atelier {folder.code}")
    assert (await folder.api.get("/compte", params={"codeDossier": folder.code})).status_code == 403
    await folder.switch(activated=True)
    assert "accountingImportRequestId" in (await folder.send(invoice())).json()


async def test_a_folder_of_another_firm_is_as_unknown_as_none(stand: Stand, folder: Folder) -> None:
    other = await stand.folder()
    for code in (other.code, "NOBODY", str(folder.id)):
        refused = await folder.api.post("/importJson", json={"codeIbs": code, "data": {}})
        assert refused.status_code == 200
        assert refused.json()["error"]["message"] == f"Le dossier {code} n'existe pas sur le domaine."
        assert (await folder.api.get("/compte", params={"codeDossier": code})).status_code == 404
    known = (await other.send(invoice())).json()["accountingImportRequestId"]
    for import_id, status in ((known, 404), ("0190a3c2-7d1e-7c55-9a3f-2f0f6a1b9e10", 404), ("x", 400)):
        asked = await folder.api.get("/getImportStatus", params={"accountingImportRequestId": import_id})
        assert asked.status_code == status


async def test_a_key_for_one_folder_reaches_no_other(stand: Stand, folder: Folder) -> None:
    firm = "firm-of-two"
    one, two = await stand.folder(firm=firm), await stand.folder(firm=firm)
    await stand.key(firm, "NARROW:key", software_file=one.code)
    async with stand.client("NARROW:key") as api:
        assert (await api.get("/journal", params={"codeDossier": one.code})).status_code == 200
        assert (await api.get("/journal", params={"codeDossier": two.code})).status_code == 403
    assert (await folder.api.get("/journal")).status_code == 400
    assert (await folder.api.get("/moon", params={"codeDossier": folder.code})).status_code == 404
    assert (await folder.hub.get("/folders/NOBODY")).status_code == 404


async def test_a_key_that_was_granted_a_limit_is_told_when_to_come_back(stand: Stand, folder: Folder) -> None:
    limits = {"connector": "cegid_loop", "token": folder.key, "requests": 2, "seconds": 60}
    await stand.control.patch("/tokens", json=limits)
    answers = [await folder.api.get("/journal", params={"codeDossier": folder.code}) for _ in range(3)]
    assert [answered.status_code for answered in answers] == [200, 200, 429]
    assert 0 < int(answers[2].headers["Retry-After"]) <= 60
