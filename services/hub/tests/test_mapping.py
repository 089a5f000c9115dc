"""Hundreds of files mapped with a table, and client files created in Qonto for software files that have none."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from lxml import html
from services.hub.tests.browser import Answer, Browser
from services.hub.tests.test_pages import signed_in

from hub.domain.mapping_table import FORMULA
from qontable.events.hub import FileIntegrationChanged, SoftwareFile


@pytest_asyncio.fixture(loop_scope="session")
async def browser(firm: Any, town: Any) -> AsyncIterator[Browser]:
    """The administrator's browser."""
    made = await signed_in(firm, town)
    yield made
    await made.client.aclose()


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
        SoftwareFile(software_file_id="sw4", name="Autre", siren="552100554"),
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
        ("Line 3:", "The SIREN numbers differ: 732829320 in Qonto, 552100554 in the software."),
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
