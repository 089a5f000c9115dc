"""A batch's dispatches, one body a line, as a book to export."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from exports.adapters.event_book import book_entry
from exports.domain.book import Book, BookDocument, BookEntry
from qontable.events.delivery import EntryDispatched
from qontable.wire import read_entry


def dispatch_book(path: Path, documents: Path, company: str, siren: str, size: int) -> Book:
    """The book that a file of dispatches holds; a document's bytes lie in `documents` under its hash.

    Entries have been read before by the same rules: one that cannot be is a bug and raises `EntryRefused`.
    """
    return Book(name=company, siren=siren, entries=lambda: _entries(path, documents), count=size)


def _entries(path: Path, documents: Path) -> Iterator[BookEntry]:
    with path.open("rb") as file:
        for line in file:
            order = EntryDispatched.model_validate_json(line)
            yield replace(
                book_entry(read_entry(order.entry)),
                ack_code=order.ack_code,
                documents=tuple(
                    BookDocument(document.file_name, document.size, documents / document.sha256)
                    for document in order.documents
                ),
            )
