"""Documents: fetched by the software itself, after the call, again and again for a day; what an import does without."""

import hashlib
from typing import Any

from ..served import eventually
from .bodies import invoice, numbered
from .conftest import DONE, REFUSED, RUNNING, Folder, Stand

PDF = b"%PDF-1.4 FD-2026-0147"
DAY = 24 * 3600


def _with(uri: str, lines: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    lines = lines or invoice()
    return [lines[0] | {"fichier": {"uri": uri}}, *lines[1:]]


async def _attached(stand: Stand, folder: Folder) -> list[tuple[int, str, str, int, str]]:
    """Line, name, media type, size and hash of every document in the folder's books."""
    rows = await stand.database.pool.fetch(
        """
        select document.line, document.name, document.media_type, document.size, document.sha256
        from booked_documents document join booked_entries entry on entry.id = document.entry_id
        where entry.software_file_id = $1 order by document.id
        """,
        folder.id,
    )
    return [tuple(row) for row in rows]


async def _document(folder: Folder) -> dict[str, Any]:
    found: dict[str, Any] = (await folder.imports())[-1]["documents"][0]
    return found


async def test_a_document_is_fetched_after_the_call_and_kept_with_its_hash(stand: Stand, folder: Folder) -> None:
    name = f"{folder.code}.pdf"
    await folder.switch(fetch_after_seconds=3600)
    assert await folder.ended(_with(stand.files.serve(name, PDF))) == DONE
    assert stand.files.asked.get(name, 0) == 0
    assert await _attached(stand, folder) == []
    await folder.pass_time(3601)

    async def attached() -> bool:
        return await _attached(stand, folder) != []

    await eventually(attached)
    assert await _attached(stand, folder) == [(0, name, "application/pdf", len(PDF), hashlib.sha256(PDF).hexdigest())]
    kept = await stand.database.pool.fetchval(
        "select content from pulled_documents where sha256 = $1 limit 1", hashlib.sha256(PDF).hexdigest()
    )
    assert kept == PDF


async def test_a_link_that_fails_is_tried_again_and_works_before_the_day_is_over(stand: Stand, folder: Folder) -> None:
    name = f"{folder.code}.pdf"
    uri = stand.files.serve(name, b"", status=503)
    assert await folder.ended(_with(uri)) == DONE

    async def tried() -> bool:
        return int((await _document(folder))["tries"]) > 0

    await eventually(tried)
    assert (await _document(folder))["problem"] == "HTTP 503"
    stand.files.serve(name, PDF)
    await folder.pass_time(3600)

    async def attached() -> bool:
        return await _attached(stand, folder) != []

    await eventually(attached)
    assert (await _document(folder))["state"] == "fetched"


async def test_after_a_day_the_entry_stays_without_its_document(stand: Stand, folder: Folder) -> None:
    name = f"{folder.code}.pdf"
    uri = stand.files.serve(name, b"gone", status=403)
    assert await folder.ended(_with(uri)) == DONE
    await folder.pass_time(DAY + 1)

    async def given_up() -> bool:
        return bool((await _document(folder))["state"] == "missing")

    await eventually(given_up)
    stand.files.serve(name, PDF)
    await folder.pass_time(DAY)
    assert await folder.ended(_with(stand.files.serve(f"2{name}", PDF), numbered(2))) == DONE

    async def other_is_there() -> bool:
        return await _attached(stand, folder) != []

    await eventually(other_is_there)
    assert [found[1] for found in await _attached(stand, folder)] == [f"2{name}"]
    assert len(await folder.all()) == 6


async def test_where_documents_are_demanded_the_import_waits_and_is_refused_after_a_day(
    stand: Stand, folder: Folder
) -> None:
    await folder.switch(missing_document="refuse")
    name = f"{folder.code}.pdf"
    sent = (await folder.send(_with(stand.files.serve(name, b"", status=404)))).json()["accountingImportRequestId"]

    async def runs() -> bool:
        return await folder.status(sent) == RUNNING and int((await _document(folder))["tries"]) > 0

    await eventually(runs)
    assert await folder.all() == []
    await folder.pass_time(DAY + 1)
    assert await folder.end_of(sent) == REFUSED
    assert await folder.reasons() == ["une pièce jointe n'a pas pu être téléchargée"]
    assert await folder.all() == []
    assert await folder.ended(_with(stand.files.serve(name, PDF))) == DONE
    assert [found[1] for found in await _attached(stand, folder)] == [name]


async def test_several_documents_on_several_lines_of_several_entries(stand: Stand, folder: Folder) -> None:
    lines = [*numbered(1), *numbered(2)]
    for place in (0, 2, 4):
        lines[place] |= {"fichier": {"uri": stand.files.serve(f"{folder.code}-{place}.pdf", PDF + bytes([place]))}}
    assert await folder.ended(lines) == DONE

    async def all_there() -> bool:
        return len(await _attached(stand, folder)) == 3

    await eventually(all_there)
    found = {(name, line) for line, name, *_rest in await _attached(stand, folder)}
    assert found == {(f"{folder.code}-0.pdf", 0), (f"{folder.code}-2.pdf", 2), (f"{folder.code}-4.pdf", 1)}


async def test_an_empty_document_a_redirection_and_a_dead_server_are_no_documents(stand: Stand, folder: Folder) -> None:
    problems = {
        stand.files.serve(f"{folder.code}-empty.pdf", b""): "empty",
        stand.files.serve(f"{folder.code}-moved.pdf", PDF, status=302): "HTTP 302",
        "http://127.0.0.1:9/x.pdf": "ConnectError",
        "ftp://127.0.0.1/x.pdf": "UnsupportedProtocol",
    }
    for uri, problem in problems.items():
        assert await folder.ended(_with(uri)) == DONE

        async def tried() -> bool:
            return int((await _document(folder))["tries"]) > 0

        await eventually(tried)
        assert (await _document(folder))["problem"] == problem
    assert await _attached(stand, folder) == []
