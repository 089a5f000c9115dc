"""`qontable exports write` as a person types it, and the small inputs it is given."""

from pathlib import Path

from typer.testing import CliRunner, Result

from exports.entrypoints.command import app

MAP = "ACH=AC\nVTE=VT\n"
EVENT = {
    "validated_by": "p",
    "validated_at": "2026-03-31T10:00:00Z",
    "firm_id": "f",
    "file_id": "c",
    "entry_id": "e-1",
    "revision": 1,
    "kind": "purchase",
    "journal": {"code": "ACH", "label": "Achats"},
    "date": "2026-03-15",
    "label": "ORANGE",
    "lines": [
        {"account": "606100", "label": "ORANGE", "debit": "100.00", "credit": "0.00"},
        {
            "account": "401000",
            "label": "ORANGE",
            "debit": "0.00",
            "credit": "100.00",
            "subsidiary": {"code": "401O", "label": "ORANGE", "kind": "supplier"},
        },
    ],
}


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["write", *map(str, words)])


def write(book: Path, out: Path, *words: object) -> Result:
    out.mkdir(exist_ok=True)
    return run("--input", book, "--out", out, *words)
