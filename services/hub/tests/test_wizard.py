"""The wizard as a person without scripts goes through it, from a wrong key to Synchronize."""

from typing import Any

from services.hub.tests.browser import Answer, Browser
from services.hub.tests.test_files import CARDLY

from qontable.events.hub import (
    SoftwareFile,
    SyncRequested,
)

FILES = (
    SoftwareFile(software_file_id="sw1", name="Dupont SARL", code="DUP", siren="732829320"),
    SoftwareFile(software_file_id="sw2", name="Martin SAS", code="MAR", siren="999000219"),
)


async def connected(browser: Browser, town: Any, *files: SoftwareFile) -> str:
    """Through the wizard's first two steps, with a wrong key first; the connection's id."""
    article = await browser.get("/integrations/ledgerly")
    assert "/integrations/ledgerly/start" in article.text
    keys = await browser.get("/integrations/ledgerly/start")
    trying = await browser.send(
        keys, "/integrations/ledgerly/start", field__api_key=f" {town.canary}-wrong\n", field__server="books.example"
    )
    root, _, check_id = trying.url.partition("/checks/")
    connection_id = root.rsplit("/", 1)[1]
    assert "Asking Ledgerly" in trying.words
    await town.answer_check(check_id, "refused")
    refused = await browser.get(f"/connections/{connection_id}/checks/{check_id}", part="result")
    assert "Ledgerly refuses these keys" in refused.words
    assert "Jeton inconnu" in refused.words

    left = await browser.get(f"/connections/{connection_id}")
    assert left.url.endswith(f"/checks/{check_id}")
    again = await browser.get(f"/connections/{connection_id}/credentials")
    trying = await browser.send(
        again,
        f"/connections/{connection_id}/credentials",
        field__api_key=f"{town.canary}-right",
        field__server="books.example",
    )
    check_id = trying.url.rsplit("/", 1)[1]
    await town.answer_check(check_id, "accepted", *files)
    accepted = await browser.get(f"/connections/{connection_id}/checks/{check_id}", part="result")
    assert f"{len(files)} files found in Ledgerly" in accepted.words
    resumed = await browser.get(f"/connections/{connection_id}")
    assert resumed.url.endswith("/options")
    mapping = await browser.send(resumed, f"/connections/{connection_id}/options", frequency="real_time")
    assert mapping.url.endswith("/mapping"), mapping.words
    return connection_id


def fields(answer: Answer, prefix: str) -> dict[str, str]:
    """The values typed or proposed in the fields whose names begin so."""
    return {
        field.get("name").removeprefix(prefix): field.get("value")
        for field in answer.tree.xpath(f"//input[starts-with(@name, '{prefix}')]")
    }


async def test_from_a_wrong_key_to_synchronize(town: Any, firm: Any, browser: Browser) -> None:
    dupont = await firm.add_file("Dupont", siren="732829320", code="DUP")
    other = await firm.add_file("Boulangerie Petit", siren="999000201")
    await firm.tell(firm.status(dupont, "ent_1", summary={"date": "2025-11-30", "label": "Loyer"}))
    await firm.tell(firm.status(dupont, "ent_2", summary={"date": "2026-02-03", "label": "Papier"}))
    connection_id = await connected(browser, town, *FILES)
    root = f"/connections/{connection_id}"

    mapping = await browser.get(f"{root}/mapping")
    proposed = fields(mapping, "file.")
    assert proposed == {dupont: "DUP · Dupont SARL · 732829320", other: ""}
    assert "same SIREN, same code" in mapping.words
    twice = {f"file__{dupont}": "DUP · Dupont SARL · 732829320", f"file__{other}": "sw2"}
    mismatch = await browser.send(mapping, f"{root}/mapping", **twice)
    assert mismatch.status == 409 and "Nothing was kept." in mismatch.words
    assert (await firm.admin.get(f"/files/{dupont}")).json()["state"] == "to_map"
    status = await browser.send(mismatch, f"{root}/mapping", **{f"confirmed__{other}": "yes"})
    assert status.url.endswith(f"{root}?said=mapped"), status.words
    assert ["Boulangerie Petit", "Martin SAS MAR"] in [row[1:3] for row in status.rows()]

    activation = await browser.get(f"{root}/activation", file=dupont)
    assert activation.rows() == [["2025", "1"], ["2026", "1"]]
    await browser.send(activation, f"{root}/activation", before="from", send_from="2026-01-01")
    file = (await firm.admin.get(f"/files/{dupont}")).json()
    assert (file["active"], file["send_from"], file["before_send_from"]) == (True, "2026-01-01", "wait")

    accounting = await browser.get(f"/files/{dupont}")
    assert [row[1] for row in accounting.rows()] == ["Papier", "Loyer"]
    said = await browser.send(accounting, f"/files/{dupont}/synchronization")
    assert "Synchronization asked for" in said.words
    await town.hear(SyncRequested, lambda event: event.file_id == dupont)
    assert town.canary not in "".join(page.text for page in (mapping, status, activation, accounting, said))


async def test_where_the_software_tells_no_files_their_codes_are_typed(town: Any, firm: Any, browser: Browser) -> None:
    await town.introduce(CARDLY)
    connection_id = await firm.connect(connector=CARDLY.connector, fields={"card": "4711"})
    file_id = await firm.add_file("Dupont")
    page = await browser.get(f"/connections/{connection_id}/mapping")
    assert "Cardly does not list its files: type the code of each." in page.words
    wrong = await browser.send(page, f"/connections/{connection_id}/mapping", **{f"file__{file_id}": "DOS 42 !"})
    assert wrong.status == 404 and "Nothing was kept." in wrong.words
    status = await browser.send(wrong, f"/connections/{connection_id}/mapping", **{f"file__{file_id}": " DOS0042 "})
    assert status.rows()[0][1:3] == ["Dupont", "DOS0042"]


async def test_a_form_sent_twice_makes_one_connection(town: Any, firm: Any, browser: Browser) -> None:
    keys = await browser.get("/integrations/ledgerly/start")
    address, typed = browser.filled(
        keys, "/integrations/ledgerly/start", field__api_key=f"{town.canary}-twice", field__server="books.example"
    )
    for _ in range(2):
        await browser.client.post(address, data=typed)
    assert len((await firm.admin.get("/connections")).json()["connections"]) == 1


async def test_what_is_wrong_with_a_key_stands_at_its_field_and_the_key_nowhere(town: Any, browser: Browser) -> None:
    keys = await browser.get("/integrations/ledgerly/start")
    for key, word in (("", "required"), (f"{town.canary}  in  the  middle", "form"), (town.canary * 1_000, "longer")):
        page = await browser.send(
            keys, "/integrations/ledgerly/start", field__api_key=key, field__server="books.example"
        )
        fault = page.tree.xpath("//input[@name='field.api_key'][@aria-invalid='true']/following-sibling::p[1]")
        assert page.status == 422 and word in fault[0].text_content(), page.words
        assert fields(page, "field.")["server"] == "books.example"
        assert town.canary not in page.text
