"""`qontable sandbox ledger`, as a person starts it beside a running sandbox."""

import json
from asyncio import to_thread
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner

from sandbox.entrypoints.ledger import ledger as ledger_command

from .conftest import SoftwareFile, Stand
from .judged import Books


@pytest.fixture
def books(stand: Stand, file: SoftwareFile) -> Books:
    return Books(stand, file)


@pytest.fixture
def run(stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command as a person starts it, beside a running sandbox."""
    addresses = tmp_path / "addresses.json"
    values = {"stack": "test", "kafka": "", "postgres_admin_url": "", "storage_url": "", "logs": ""}
    addresses.write_text(
        json.dumps(values | {"http": {"sandbox": stand.url}, "settings": {}, "partner_secrets": {}}), encoding="utf-8"
    )
    monkeypatch.setenv("QONTABLE_ADDRESSES", str(addresses))
    app = Typer()
    app.command()(ledger_command)

    async def invoke(arguments: Sequence[str]) -> Any:
        return await to_thread(CliRunner().invoke, app, arguments)

    return invoke


async def test_the_command_prints_json_and_ends_with_the_verdict(books: Books, run: Any) -> None:
    await books.book(await books.publish(1))
    done = await run(["--software-file", books.file.code, "--connector", "myunisoft", "--json"])
    assert done.exit_code == 0, done.output
    printed = json.loads(done.output)
    assert {"entries", "lines", "documents", "accounts", "lost", "doubled", "altered", "refused", "cuts"} <= set(
        printed
    )
    await books.publish(2)
    done = await run(["--software-file", books.file.code, "--connector", "myunisoft", "--json"])
    assert (done.exit_code, json.loads(done.output)["lost"]) == (1, ["ACH/2"])


async def test_the_command_shows_a_person_both_sides(books: Books, run: Any) -> None:
    await books.file.fault("alter_a_cent", route="POST /entry", count=1)
    await books.book(await books.publish(1))
    done = await run([])
    assert done.exit_code == 1
    for shown in (books.file.code, "100.10", "100.11", "altered ACH/1", "amount at lines.0.debit", "the books differ"):
        assert shown in done.output


async def test_the_command_says_when_nothing_runs(run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert (await run(["--software-file", "NOBODY", "--connector", "myunisoft"])).exit_code == 1
    monkeypatch.setenv("QONTABLE_ADDRESSES", str(tmp_path / "nowhere.json"))
    assert (await run([])).exit_code == 3
