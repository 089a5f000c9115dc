"""What the pages keep out: strangers, other firms, forms without their token."""

from typing import Any

import pytest
from services.hub.tests.browser import Browser, signed_in
from services.hub.tests.said import refused_entry


async def test_every_form_carries_a_token_and_is_refused_without_it(town: Any, firm: Any, browser: Browser) -> None:
    file_id, connection_id = await firm.active_file("sw9")
    await firm.tell(refused_entry(firm, file_id, "ent_1"))
    pages = [
        "/sign-in", "/files", "/integrations", f"/files/{file_id}", f"/files/{file_id}/entries/ent_1",
        f"/files/{file_id}/mapping", f"/connections/{connection_id}", f"/connections/{connection_id}/credentials",
        f"/connections/{connection_id}/options", f"/connections/{connection_id}/mapping",
        f"/connections/{connection_id}/disable", f"/connections/{connection_id}/activation?file={file_id}",
        "/integrations/ledgerly/start",
    ]  # fmt: skip
    actions = set()
    for path in pages:
        page = await browser.get(path)
        assert page.status == 200, page.words
        for form in page.tree.xpath("//form[@method='post']"):
            assert form.xpath(".//input[@name='form_token']/@value"), (path, form.get("action"))
            actions.add(form.get("action"))
    assert len(actions) > 12
    before = await town.rows("select count(*) as acts from audit where firm_id = $1", firm.id)
    for action in sorted(actions):
        for token in ({}, {"form_token": "0" * 64}):
            answer = await browser.client.post(action, data={"to": "disabled", **token})
            assert answer.status_code == 403, action
            assert "form_expired" in answer.text
    assert await town.rows("select count(*) as acts from audit where firm_id = $1", firm.id) == before


async def test_another_firms_objects_are_not_there(town: Any, firm: Any, other_firm: Any, browser: Browser) -> None:
    file_id, connection_id = await other_firm.active_file("sw8")
    await other_firm.tell(refused_entry(other_firm, file_id, "ent_1"))
    mine = await browser.get("/files")
    token = mine.tree.xpath("//input[@name='form_token']/@value")[0]
    for path in (
        f"/files/{file_id}", f"/files/{file_id}/entries/ent_1", f"/files/{file_id}/mapping",
        f"/connections/{connection_id}", f"/connections/{connection_id}/credentials",
        f"/connections/{connection_id}/options", f"/connections/{connection_id}/mapping",
        f"/connections/{connection_id}/disable", f"/connections/{connection_id}/activation",
        f"/connections/{connection_id}/checks/chk_1",
    ):  # fmt: skip
        page = await browser.get(path)
        assert page.status == 404 and "Dupont" not in page.text, path
    for path, body in (
        (f"/files/{file_id}/synchronization", {}),
        (f"/files/{file_id}/verification", {"cause": "refused"}),
        (f"/files/{file_id}/deactivation", {}),
        (f"/files/{file_id}/refresh", {}),
        (f"/files/{file_id}/mapping", {"do": "disconnect"}),
        (f"/files/{file_id}/entries/ent_1/verification", {"revision": "1"}),
        (f"/files/{file_id}/entries/ent_1/resolution", {"delivery_id": "dlv_1", "answer": "drop"}),
        (f"/files/{file_id}/entries/ent_1/duplicate-answer", {}),
        (f"/files/{file_id}/entries/ent_1/creation-answer", {"revision": "1"}),
        (f"/files/{file_id}/entries/ent_1/document-resending", {}),
        ("/files/synchronization", {"file": file_id}),
        (f"/connections/{connection_id}/switch", {"to": "disabled"}),
        (f"/connections/{connection_id}/list", {}),
        (f"/connections/{connection_id}/resumption", {}),
        (f"/connections/{connection_id}/options", {"frequency": "manual"}),
        (f"/connections/{connection_id}/activation", {"file": file_id, "before": "wait"}),
        (f"/connections/{connection_id}/credentials", {"field.api_key": "right-key-1", "field.server": "a.example"}),
        (f"/connections/{connection_id}/checks/chk_1/confirmation", {}),
    ):
        answer = await browser.client.post(path, data={"form_token": token, **body})
        assert answer.status_code == 404, (path, answer.text)
    assert (await other_firm.admin.get(f"/connections/{connection_id}")).json()["state"] == "enabled"


async def test_collaborators_look_and_send_but_do_not_connect(town: Any, firm: Any) -> None:
    file_id, connection_id = await firm.active_file("sw7")
    zoe = await signed_in(firm, town, await firm.token("usr_zoe", "collaborator"))
    assert "Only an administrator" in (await zoe.get("/integrations/ledgerly")).words
    for path in ("/integrations/ledgerly/start", f"/connections/{connection_id}/disable"):
        assert (await zoe.get(path)).status == 403
    page = await zoe.get(f"/files/{file_id}")
    assert "Synchronization asked for" in (await zoe.send(page, f"/files/{file_id}/synchronization")).words
    await zoe.client.aclose()


async def test_without_a_session_one_signs_in_first_and_comes_back(town: Any, firm: Any) -> None:
    browser = Browser(town.world.http_url("hub"))
    page = await browser.get("/integrations/ledgerly?x=1")
    assert "/sign-in" in page.url
    wrong = await browser.send(page, "/sign-in", token="qth_nobody")
    assert wrong.status == 401 and "form" in wrong.text
    token = firm.admin.headers["Authorization"].removeprefix("Bearer ")
    back = await browser.send(wrong, "/sign-in", token=token)
    assert back.url.endswith("/integrations/ledgerly?x=1")
    cookie = next(item for item in browser.client.cookies.jar if item.name == "qontable_session")
    assert token not in cookie.value and cookie.has_nonstandard_attr("HttpOnly")
    assert "default-src 'none'" in back.headers["content-security-policy"]
    session = cookie.value
    left = await browser.send(back, "/sign-out")
    assert left.url.endswith("/sign-in")
    browser.client.cookies.set("qontable_session", session)
    assert "/sign-in" in (await browser.get("/files")).url
    await browser.client.aclose()


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_the_sign_in_leads_nowhere_else(town: Any, firm: Any, path: str) -> None:
    browser = Browser(town.world.http_url("hub"))
    page = await browser.get("/sign-in", back=path)
    token = firm.admin.headers["Authorization"].removeprefix("Bearer ")
    landed = await browser.send(page, "/sign-in", token=token)
    assert landed.url == f"{town.world.http_url('hub')}/files"
    await browser.client.aclose()
