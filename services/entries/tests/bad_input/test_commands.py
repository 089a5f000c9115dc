"""What the command line makes of bad words and files, and `qontable set-aside` beside a service that runs."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from local_stack.world import World
from qontable.command import main

from ..client import Client
from ..house import House
from .records import NO_NAME, TOPIC, Wire, post

PROGRAM = (str(Path(sys.executable).with_name("qontable")), "set-aside")
COMMAND = (sys.executable, "-c", "from qontable.set_aside_command import app; app()")
"""The same without the other commands of the house, which take a second to load."""
HEADER = (
    "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate|"
    "EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise\n"
)
LINE = "ACH|Achats|1|20260301|{account}|x||||20260315|x|{debit}|{credit}|||20260331||\n"
GOOD = LINE.format(account="606100", debit="1,00", credit="0,00")
FILES: dict[str, bytes] = {
    "empty.txt": b"",
    "header.txt": HEADER.encode(),
    "truncated.txt": (HEADER + GOOD + GOOD[:40]).encode(),
    "unbalanced.txt": (HEADER + GOOD + LINE.format(account="401000", debit="0,00", credit="2,00")).encode(),
    "good.txt": (HEADER + GOOD + LINE.format(account="401000", debit="0,00", credit="1,00")).encode(),
    "noise.bin": bytes(range(256)) * 8,
    "blank.jsonl": b"\n\n",
    "truncated.jsonl": b'{"firm_id": "frm_1", "lin',
    "list.jsonl": b"[]\n",
}
PUBLISH = ("sandbox", "publish")
COMMANDS: dict[str, tuple[tuple[str, ...], int, str]] = {
    "missing file": ((*PUBLISH, "--fec", "nowhere.txt"), 2, "file 'nowhere.txt' does not exist"),
    "missing file of events": ((*PUBLISH, "--events", "nowhere.jsonl"), 2, "file 'nowhere.jsonl' does not exist"),
    "folder for a file": ((*PUBLISH, "--fec", "folder"), 2, "file 'folder' is a directory"),
    "empty": ((*PUBLISH, "--fec", "empty.txt"), 1, "line 1: the file is empty. Export it again"),
    "empty events": ((*PUBLISH, "--events", "empty.txt"), 1, "line 1: the file holds no entry"),
    "blank events": ((*PUBLISH, "--events", "blank.jsonl"), 1, "line 1: the file holds no entry"),
    "only a header": ((*PUBLISH, "--fec", "header.txt"), 1, "line 1: the file holds a header and no line"),
    "truncated": ((*PUBLISH, "--fec", "truncated.txt"), 1, "line 3: the line has"),
    "truncated events": ((*PUBLISH, "--events", "truncated.jsonl"), 1, "line 1: the line is not JSON"),
    "events that are none": ((*PUBLISH, "--events", "list.jsonl"), 1, "line 1: Input should be"),
    "unbalanced FEC": ((*PUBLISH, "--fec", "unbalanced.txt"), 1, "entry ACH/1: the entry does not balance"),
    "no text": ((*PUBLISH, "--fec", "noise.bin"), 1, "line 3: the bytes of this line are neither"),
    "two books": ((*PUBLISH, "--fec", "good.txt", "--events", "good.txt"), 2, "give either --fec FILE or --events"),
    "no book": (PUBLISH, 2, "give either --fec FILE or --events FILE"),
    "wrong option of publish": ((*PUBLISH, "--fce", "good.txt"), 2, "No such option: --fce"),
    "wrong option of ledger": (("sandbox", "ledger", "--nope"), 2, "No such option: --nope"),
    "wrong option of set-aside": (("set-aside", "list", "--nope"), 2, "No such option: --nope"),
    "wrong option of gateways": (("gateways", "connectors", "--nope"), 2, "No such option: --nope"),
    "wrong command": (("gateways", "conectors"), 2, "No such command 'conectors'"),
    "a number that is none": (("set-aside", "show", "x"), 2, "Invalid value for 'ID'"),
    "a number beyond all": (("set-aside", "replay", "9" * 20), 2, "Invalid value for 'ids'"),
    "no number": (("set-aside", "replay"), 2, "Missing argument 'ids'"),
    "no note": (("set-aside", "close", "1"), 2, "Missing option '--note'"),
    "an argument that is no text": (("set-aside", "list", "--topic", "\udcff"), 2, "an argument is not UTF-8"),
    "nothing runs: publish": ((*PUBLISH, "--fec", "good.txt"), 3, "start one with `qontable local up`"),
    "nothing runs: ledger": (("sandbox", "ledger"), 3, "start one with `qontable local up`"),
    "nothing runs: set-aside": (("set-aside", "list"), 3, "start one with `qontable local up`"),
}


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """The command line among these files, with no system running; status, output, errors."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QONTABLE_DATABASE_URL", raising=False)
    monkeypatch.setenv("QONTABLE_ADDRESSES", str(tmp_path / "addresses.json"))

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["qontable", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, *capsys.readouterr()

    return run


@pytest.mark.parametrize("name", COMMANDS)
def test_one_clear_line_and_the_status_of_the_house(run: Any, name: str) -> None:
    words, status, said = COMMANDS[name]
    ended, output, errors = run(*words)
    assert (ended, output) == (status, "")
    assert errors.count("\n") == 1, errors
    assert said in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", None], ids=["empty", "truncated", "no text", "folder"])
def test_addresses_that_cannot_be_read_are_no_running_system(run: Any, tmp_path: Path, content: bytes | None) -> None:
    place = tmp_path / "addresses.json"
    place.mkdir() if content is None else place.write_bytes(content)
    for words in (("set-aside", "list"), ("sandbox", "ledger"), ("sandbox", "publish", "--fec", "good.txt")):
        ended, output, errors = run(*words)
        assert (ended, output, errors.count("\n")) == (3, "", 1)
        assert "`qontable local up`" in errors


def test_many_problems_are_told_one_a_line_below_their_head(run: Any, tmp_path: Path) -> None:
    (tmp_path / "many.jsonl").write_bytes(b"{\n" * 3)
    ended, _, errors = run("sandbox", "publish", "--events", "many.jsonl")
    assert ended == 1
    assert errors.splitlines()[0] == "many.jsonl cannot be read:"
    assert [line[:8] for line in errors.splitlines()[1:]] == ["  line 1", "  line 2", "  line 3"]


class SetAside:
    """`qontable set-aside …` as a person starts it, for the entries service that runs."""

    def __init__(self, world: World) -> None:
        self.environment = {
            **os.environ,
            "QONTABLE_DATABASE_URL": world.database_url("entries"),
            "QONTABLE_KAFKA": world.kafka,
            "QONTABLE_TOPIC_PREFIX": world.topic_prefix,
            "COLUMNS": "160",
        }

    async def __call__(self, *words: Any, start: tuple[str, ...] = COMMAND) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            *start,
            *map(str, words),
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, output.decode()


@pytest.fixture
def set_aside(bad_world: World) -> SetAside:
    return SetAside(bad_world)


async def row_of(house: House, client: Client, count: int = 1) -> int:
    """The number of the `count`-th row set aside of a client file."""
    key = client.file_id.encode()
    await house.until_true("select count(*) >= $2 from entries.set_aside where key = $1", key, count)
    rows = await house.database.fetch("select id from entries.set_aside where key = $1 order by id", key)
    return int(rows[count - 1]["id"])


async def test_a_record_whose_cause_is_gone_is_replayed_once(house: House, set_aside: SetAside) -> None:
    client = house.stranger()
    await house.say(client.validated("ent"))
    await house.until_true("select count(*) = 1 from entries.held_records where file_id = $1", client.file_id)
    await house.database.execute(
        "update entries.held_records set held_at = now() - interval '25 hours' where file_id = $1", client.file_id
    )
    number = await row_of(house, client)
    for event in (client.firm_created(), client.file_created(), client.connected(), client.refreshed(), client.tied()):
        await house.say(event)
    await house.until_known(client)
    replayed = await set_aside("replay", number, start=PROGRAM)
    assert replayed == (0, f"entries {number} is on its topic again\n")
    await house.dispatched(client, "ent")
    assert await set_aside("replay", number) == (0, f"entries {number} was replayed before: nothing done\n")
    await house.say(client.validated("marker"))
    await house.dispatched(client, "marker")
    assert len(house.orders(client, "ent")) == 1
    status, output = await set_aside("close", number, "--note", "done with")
    assert (status, output) == (1, f"entries {number} was replayed: nothing done\n")


async def test_a_record_replayed_too_early_is_set_aside_again_as_a_row_of_its_own(
    house: House, set_aside: SetAside
) -> None:
    client = await house.client()
    await house.say(client.validated("ent", firm_id="frm_other"))
    first = await row_of(house, client)
    assert (await set_aside("replay", first))[0] == 0
    second = await row_of(house, client, 2)
    assert await house.set_aside(client) == ["foreign_file", "foreign_file"]
    status, output = await set_aside("list", "--reason", "foreign_file")
    shown = [line for line in output.splitlines() if "foreign_file" in line]
    assert status == 0
    assert any(f" {second} " in line and "the client file belongs to another firm" in line for line in shown), output
    assert not any(f" {first} " in line for line in shown)
    status, output = await set_aside("show", second, "--body")
    assert (status, orjson.loads(orjson.loads(output)["body"])["firm_id"]) == (0, "frm_other")
    assert await set_aside("close", second, "--note", "a stranger's") == (0, f"entries {second} is closed\n")
    assert await set_aside("replay", second) == (1, f"entries {second} was closed: nothing done\n")
    status, output = await set_aside("list", "--ended", "--json")
    ended = {row["id"]: row for row in orjson.loads(output)}
    assert (ended[first]["replayed_at"] is None, ended[second]["closed_at"] is None) == (False, False)


async def test_what_cannot_be_replayed_says_why(house: House, set_aside: SetAside) -> None:
    client = await house.client()
    await post(house, TOPIC, client.file_id, Wire(b"{}", {NO_NAME: b"1"}))
    number = await row_of(house, client)
    status, output = await set_aside("replay", 10**12, number)
    assert status == 1
    assert output.splitlines() == [
        f"entries {number} has a header whose name is not UTF-8, which cannot be sent as it was: close it",
        f"entries {10**12} is not there",
    ]
    status, output = await set_aside("show", number)
    assert (status, ["ce_\\xff", "1"] in orjson.loads(output)["headers"]) == (0, True)
    assert await set_aside("show", 10**12) == (1, f"entries {10**12} is not there\n")
