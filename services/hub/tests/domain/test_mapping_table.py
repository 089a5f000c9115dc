"""The mapping table as a file: what is written can be read back, whatever a spreadsheet does to it on the way."""

import pytest

from hub.domain.mapping_table import Column, Line, read_table, write_table
from hub.domain.problem import Refused

ENGLISH: dict[Column, str] = {
    "file": "Client file",
    "name": "Name",
    "siren": "SIREN",
    "code": "Code",
    "software_file": "File of the software",
    "software_name": "Name there",
    "certainty": "Sure to",
    "confirmed": "Confirmed",
}
HEADINGS = {
    column: (name, "Dossier associé" if column == "software_file" else f"{name} (fr)")
    for column, name in ENGLISH.items()
}


def read(text: str, encoding: str = "utf-8") -> list[Line]:
    return read_table(text.encode(encoding), HEADINGS)


def refusal(content: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        read_table(content, HEADINGS)
    assert caught.value.problem().remedy["fr"]
    return caught.value


def test_what_is_written_is_read_back() -> None:
    rows: list[dict[Column, str]] = [
        {"file": "fil_1", "name": 'Dupont; "fils"\nSARL', "software_file": "sw1"},
        {"file": "-fil_2", "name": "=1+1", "software_file": "-2"},
        {"file": "fil_3", "name": "nobody"},
    ]
    content = write_table(ENGLISH, rows)
    assert content.startswith(b"\xef\xbb\xbf")
    assert b"'=1+1" in content
    assert read_table(content, HEADINGS) == [Line(2, "fil_1", "sw1", False), Line(3, "-fil_2", "-2", False)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_spreadsheets_write_in_their_own_ways(encoding: str, delimiter: str, end: str) -> None:
    rows = [
        ["Sûr", "DOSSIER ASSOCIE", " client   file ", "Confirmed"],
        ["x", " sw1 ", "fil_1", "OUI"],
        ["", "", "", ""],
    ]
    text = end.join(delimiter.join(row) for row in rows) + end
    assert read(text, encoding) == [Line(2, "fil_1", "sw1", True)]


@pytest.mark.parametrize(
    "content",
    [b"", b"   \n", b"PK\x03\x04\x00\x00table.xlsx", b"\xff\xfea", b'Client file;File of the software\n"a"b;c\n'],
)
def test_what_is_no_csv_is_said_to_be_none(content: bytes) -> None:
    assert refusal(content).code == "table_unreadable"


def test_a_missing_column_is_named() -> None:
    refused = refusal(b"Client file;Software\nfil_1;sw1\n")
    assert refused.code == "table_columns_missing"
    assert refused.values["columns"] == "File of the software / Dossier associé"


def test_every_line_that_cannot_be_read_is_told_and_none_is_followed() -> None:
    lines = [
        "Client file;File of the software;Name",
        "fil_1;sw1;fine",
        "fil_2;=HYPERLINK(A1);",
        ";sw2;",
        "fil_3;sw3;one;too many",
        "fil_4;" + "9" * 301 + ";",
        "fil_5;;empty is passed over",
        "fil_6",
    ]
    refused = refusal("\n".join(lines).encode())
    assert refused.code == "table_refused"
    assert [(fault.where, fault.code) for fault in refused.faults] == [
        ("3", "table_formula"),
        ("4", "table_file_missing"),
        ("5", "table_cells"),
        ("6", "table_formula"),
    ]


def test_a_table_without_end_is_refused() -> None:
    refused = refusal(b"Client file;File of the software\n" + b"fil;sw\n" * 5_001)
    assert refused.code == "table_too_long"
