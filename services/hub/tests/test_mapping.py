"""Hundreds of files mapped with a table, and client files created in Qonto for software files that have none."""

from typing import Any

from lxml import html
from services.hub.tests.browser import Answer, Browser

from hub.domain.mapping_table import FORMULA
from qontable.events.hub import FileCreationRequested, FileIntegrationChanged, SoftwareFile
from qontable.events.platform import FileCreated


async def sent(browser: Browser, connection_id: str, content: bytes) -> Answer:
    """The mapping page after a table was chosen on it."""
    root = f"/connections/{connection_id}"
    page = await browser.get(f"{root}/mapping")
    form = page.form(f"{root}/mapping.csv")
    assert form.get("enctype") == "multipart/form-data"
    fields = dict(form.form_values())
    answer = await browser.client.post(
        f"{root}/mapping.csv", data={"form_token": fields["form_token"]}, files={"table": ("t.csv", content)}
    )
    return Answer(str(answer.url), answer.status_code, html.fromstring(answer.text), answer.text, answer.headers)


async def table(browser: Browser, connection_id: str) -> list[list[str]]:
    """The downloaded table."""
    answer = await browser.client.get(f"/connections/{connection_id}/mapping.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="mapping.csv"'
    return [line.split(";") for line in answer.content.decode("utf-8-sig").splitlines()]


async def test_a_table_goes_out_with_suggestions_and_comes_back_whole(town: Any, firm: Any, browser: Browser) -> None:
    software = [SoftwareFile(software_file_id=f"sw{n}", name=f"Société {n:03}", code=f"C{n:03}") for n in range(60)]
    connection_id = await firm.connect(*software)
    ids = [await firm.add_file(f"Societe {n:03} SARL", code=f"C{n:03}") for n in range(59)]
    trap = await firm.add_file("=cmd|' /C calc'!A0")
    out = await table(browser, connection_id)
    rows = {row[0]: row for row in out[1:]}
    assert len(rows) == 60
    assert all(rows[file_id][4] == f"sw{number}" for number, file_id in enumerate(ids))
    assert rows[trap][4] == "" and not rows[trap][1].startswith(FORMULA)

    rows[ids[0]][4] = ""
    back = "\r\n".join(";".join(row) for row in [out[0], *rows.values()]).encode("cp1252")
    landed = await sent(browser, connection_id, back)
    assert landed.url.endswith(f"/connections/{connection_id}?said=mapped"), landed.words
    found = (await firm.admin.get("/files", params={"connection_id": connection_id, "limit": 200})).json()["files"]
    tied = {file["file_id"]: file["software_file"]["software_file_id"] for file in found}
    assert tied == {file_id: f"sw{number}" for number, file_id in enumerate(ids) if number}
    await town.hear(FileIntegrationChanged, lambda event: event.file_id == ids[58])

    again = await sent(browser, connection_id, back)
    assert again.url.endswith("?said=mapped")
    assert (await firm.admin.get(f"/files/{ids[1]}")).json()["version"] == 1


async def test_a_table_with_wrong_lines_maps_nothing_and_names_each(firm: Any, browser: Browser) -> None:
    connection_id = await firm.connect(
        SoftwareFile(software_file_id="sw1", name="Dupont", code="DUP", siren="732829320"),
        SoftwareFile(software_file_id="sw2", name="Martin", code="MAR"),
        SoftwareFile(software_file_id="sw3", name="Petit"),
        SoftwareFile(software_file_id="sw4", name="Autre", siren="999000219"),
    )
    dupont = await firm.add_file("Dupont", siren="732829320", code="A1")
    martin = await firm.add_file("Martin", code="A2")
    twin, other_twin = await firm.add_file("Twin", code="T"), await firm.add_file("Twin", code="T")
    mapped = await firm.add_file("Petit", code="A3")
    await firm.map(mapped, connection_id, "sw3")
    lines = [
        "Client file (id, code or SIREN);File of the software (id or code)",
        f"{martin};MAR",
        f"{dupont};sw4",
        "nobody;sw1",
        "T;sw1",
        "A2;sw1",
        f"{twin};MAR",
        f"{mapped};sw1",
        f"{other_twin};gone",
    ]
    page = await sent(browser, connection_id, "\n".join(lines).encode())
    assert page.status == 422
    assert "Nothing was kept." in page.words
    faults = [" ".join(item.text_content().split()) for item in page.tree.xpath("//*[@role='alert']//li")]
    expected = (
        ("Line 3:", "The SIREN numbers differ: 732829320 in Qonto, 999000219 in the software."),
        ("Line 4:", 'No open client file is called "nobody".'),
        ("Line 5:", '"T" names 2 client files.'),
        ("Line 6:", 'Client file "A2" stands in line 2 already.'),
        ("Line 7:", 'File "MAR" of the software is chosen in line 2 already.'),
        ("Line 8:", 'File "Petit" is mapped to "Petit" already.'),
        ("Line 9:", "File gone is not in the list received from the software."),
    )
    assert len(faults) == len(expected)
    for fault, (where, words) in zip(faults, expected, strict=True):
        assert fault.startswith(where) and words in fault, fault
    states = {file["file_id"]: file["state"] for file in (await firm.admin.get("/files")).json()["files"]}
    assert states.pop(mapped) == "to_activate"
    assert set(states.values()) == {"to_map"}

    confirmed = f"{lines[0]};Other SIREN confirmed (yes)\n{dupont};sw4;yes\nA2;MAR;\n"
    assert (await sent(browser, connection_id, confirmed.encode())).url.endswith("?said=mapped")
    assert (await firm.admin.get(f"/files/{dupont}")).json()["software_file"]["software_file_id"] == "sw4"


async def test_the_api_maps_many_whole_or_not_at_all(firm: Any) -> None:
    connection_id = await firm.connect(*[SoftwareFile(software_file_id=f"sw{n}", name=f"n{n}") for n in range(3)])
    first, second = await firm.add_file("a", code="A"), await firm.add_file("b", siren="732829320")
    path = f"/connections/{connection_id}/mappings"
    wishes = [{"file": "A", "software_file": "sw0"}, {"file": "732829320", "software_file": "sw0"}]
    refused = await firm.admin.post(path, json={"mappings": wishes})
    assert (refused.status_code, refused.json()["code"]) == (422, "table_refused")
    assert [(item["where"], item["code"]) for item in refused.json()["errors"]] == [("2", "table_software_file_twice")]
    assert (await firm.admin.get(f"/files/{first}")).json()["state"] == "to_map"
    wishes[1]["software_file"] = "sw2"
    assert (await firm.admin.post(path, json={"mappings": wishes})).json() == {"mapped": 2}
    assert (await firm.admin.get(f"/files/{second}")).json()["software_file"]["software_file_id"] == "sw2"


async def test_what_qonto_lacks_is_created_there_and_mapped(town: Any, firm: Any, browser: Browser) -> None:
    connection_id = await firm.connect(
        SoftwareFile(software_file_id="sw1", name="Dupont", siren="73282932000074"),
        SoftwareFile(software_file_id="sw2", name="Martin", code="MAR"),
        SoftwareFile(software_file_id="sw3", name="Brasserie du Port", code="BRA", siren="552100554"),
        SoftwareFile(software_file_id="sw4", name="Studio Kermarrec"),
    )
    await firm.add_file("Plomberie", siren="732829320")
    await firm.add_file("Martin", code="MAR")
    root = f"/connections/{connection_id}"
    page = await browser.get(f"{root}/mapping")
    assert "2 files of Ledgerly are missing in Qonto" in page.words
    assert page.tree.xpath("//input[@name='software_file']/@value") == ["sw3", "sw4"]
    for _ in range(2):
        asked = await browser.send(page, f"{root}/file-creations", software_file=["sw3"])
        assert "Asked of Qonto" in asked.words
    assert asked.tree.xpath("//input[@name='software_file'][@disabled]/@value") == ["sw3"]
    wanted = await town.hear(FileCreationRequested, lambda event: event.connection_id == connection_id)
    assert (wanted.software_file.name, wanted.requested_by) == ("Brasserie du Port", "usr_ada")

    created = FileCreated(
        firm_id=firm.id, file_id=f"fil_new_{firm.id}", name="Brasserie du Port", siren="552100554",
        creation_id=wanted.creation_id,
    )  # fmt: skip
    await town.say(created, created)
    said = await town.hear(FileIntegrationChanged, lambda event: event.file_id == created.file_id)
    assert (said.connection_id, said.software_file, said.active) == (connection_id, wanted.software_file, False)
    file = (await firm.admin.get(f"/files/{created.file_id}")).json()
    assert (file["state"], file["version"]) == ("to_activate", 1)
    acts = (await firm.admin.get("/audit", params={"subject": created.file_id})).json()["acts"]
    assert [(act["action"], act["user_id"]) for act in acts] == [("file.mapped", "usr_ada")]
    assert "1 file of Ledgerly is missing in Qonto" in (await browser.get(f"{root}/mapping")).words
    requests = [event for event in town.heard if isinstance(event, FileCreationRequested)]
    assert len([event for event in requests if event.connection_id == connection_id]) == 1


async def test_what_qonto_has_is_not_created_again(town: Any, firm: Any, other_firm: Any, browser: Browser) -> None:
    connection_id = await firm.connect(
        SoftwareFile(software_file_id="sw1", name="Dupont", siren="732829320"),
        SoftwareFile(software_file_id="sw2", name="Martin"),
        SoftwareFile(software_file_id="sw3", name="Petit"),
    )
    await firm.add_file("Dupont Plomberie", siren="732829320")
    mapped = await firm.add_file("Martin")
    await firm.map(mapped, connection_id, "sw2")
    path = f"/connections/{connection_id}/file-creations"
    for wanted, code in (
        (["sw3", "sw1"], "client_file_exists"),
        (["sw3", "sw2"], "software_file_taken"),
        (["sw3", "sw9"], "software_file_unknown"),
    ):
        refused = await firm.admin.post(path, json={"software_file_ids": wanted})
        assert refused.json()["code"] == code
    assert (await firm.admin.get(path)).json() == {"creations": []}
    page = await browser.get(f"/connections/{connection_id}/mapping")
    conflict = await browser.send(page, f"/connections/{connection_id}/file-creations", software_file=["sw1"])
    assert conflict.status == 409 and "Dupont Plomberie" in conflict.words
    assert (await other_firm.admin.post(path, json={"software_file_ids": ["sw3"]})).status_code == 404


async def test_what_the_platform_leaves_unanswered_may_be_asked_for_again(
    town: Any, firm: Any, browser: Browser
) -> None:
    connection_id = await firm.connect(SoftwareFile(software_file_id="sw1", name="Dupont"))
    path = f"/connections/{connection_id}/file-creations"
    await firm.admin.post(path, json={"software_file_ids": ["sw1"]})
    await town.rows(
        "update file_creation set requested_at = requested_at - interval '11 minutes' where connection_id = $1",
        connection_id,
    )
    page = await browser.get(f"/connections/{connection_id}/mapping")
    assert "no answer from Qonto: ask again" in page.words
    again = await browser.send(page, path, software_file=["sw1"])
    assert again.tree.xpath("//input[@name='software_file'][@disabled]/@value") == ["sw1"]
    first, second = [
        await town.hear(FileCreationRequested, lambda event: event.connection_id == connection_id, times=times)
        for times in (1, 2)
    ]
    assert first.creation_id == second.creation_id


async def test_a_file_that_was_mapped_elsewhere_meanwhile_is_left_to_people(town: Any, firm: Any) -> None:
    connection_id = await firm.connect(SoftwareFile(software_file_id="sw1", name="Dupont"))
    path = f"/connections/{connection_id}/file-creations"
    (asked,) = (await firm.admin.post(path, json={"software_file_ids": ["sw1"]})).json()["creations"]
    assert (asked["state"], asked["file_id"]) == ("asked", None)
    by_hand = await firm.add_file("Dupont by hand")
    await firm.map(by_hand, connection_id, "sw1")
    late = await firm.add_file("Dupont", creation_id=asked["creation_id"])
    assert (await firm.admin.get(f"/files/{late}")).json()["state"] == "to_map"
    (answered,) = (await firm.admin.get(path)).json()["creations"]
    assert (answered["state"], answered["file_id"]) == ("created", late)
    await firm.admin.delete(f"/files/{by_hand}/mapping")
    again = await firm.admin.post(path, json={"software_file_ids": ["sw1"]})
    assert (again.status_code, again.json()["code"]) == (409, "client_file_created")
    assert late in again.json()["message"]["en"]
    stranger = await firm.add_file("Nobody asked", creation_id="cre_of_nobody")
    assert (await firm.admin.get(f"/files/{stranger}")).json()["state"] == "to_map"


async def test_what_is_no_table_is_said_so_on_the_page(firm: Any, browser: Browser) -> None:
    connection_id = await firm.connect(SoftwareFile(software_file_id="sw1", name="Dupont"))
    for content, words in (
        (b"", "This file is no readable CSV."),
        (b"PK\x03\x04\x00\x00", "This file is no readable CSV."),
        (b"name;code\nDupont;DUP\n", "A column is missing: Dossier client (identifiant, code ou SIREN) / Client file"),
    ):
        page = await sent(browser, connection_id, content)
        assert page.status == 422 and words in page.words
    empty = await sent(
        browser, connection_id, b"Client file (id, code or SIREN);File of the software (id or code)\nfil_1;\n"
    )
    assert "The table named no file of the software" in empty.words
    large = await sent(browser, connection_id, b"x" * 2_000_000)
    assert large.status == 413
