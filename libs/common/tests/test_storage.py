"""Documents by key."""

from pathlib import Path

import pytest

from qontable.storage import DocumentMissing, document_key, open_storage


async def test_what_was_stored_is_read_back_by_another_process_too(tmp_path: Path) -> None:
    url = (tmp_path / "documents of März").as_uri()
    await open_storage(url).put("aa/bb.pdf", b"%PDF-1.7")
    assert await open_storage(url).get("aa/bb.pdf") == b"%PDF-1.7"
    assert (tmp_path / "documents of März" / "aa" / "bb.pdf").read_bytes() == b"%PDF-1.7"


async def test_storing_the_same_twice_is_harmless(tmp_path: Path) -> None:
    storage = open_storage(tmp_path.as_uri())
    for _ in range(2):
        await storage.put("key", b"content")
    assert await storage.get("key") == b"content"


async def test_a_file_is_stored_as_its_bytes_however_large(tmp_path: Path) -> None:
    source = tmp_path / "book.zip"
    source.write_bytes(bytes(range(256)) * 40_000)
    storage = open_storage((tmp_path / "storage").as_uri())
    for _ in range(2):
        await storage.put_file("exports/book", source)
    assert await storage.get("exports/book") == source.read_bytes()
    assert len(_files(tmp_path / "storage")) == 1


async def test_what_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(DocumentMissing, match="nothing"):
        await open_storage(tmp_path.as_uri()).get("nothing")


async def test_a_large_document_comes_in_chunks_that_make_the_whole(tmp_path: Path) -> None:
    storage = open_storage(tmp_path.as_uri())
    content = bytes(range(256)) * 4_000
    await storage.put("large", content)
    chunks = [chunk async for chunk in storage.stream("large", 100_000)]
    assert b"".join(chunks) == content
    assert len(chunks) > 1


@pytest.mark.parametrize("firm_id", [".", "..", "...", ".firm", "frm_1", "a..b"])
async def test_a_firm_of_any_name_has_a_folder_of_its_own(tmp_path: Path, firm_id: str) -> None:
    folder = tmp_path / "storage"
    await open_storage(folder.as_uri()).put(document_key(firm_id, "hash"), b"content")
    (kept,) = _files(tmp_path)
    assert kept.parent.parent == folder / "documents"


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
