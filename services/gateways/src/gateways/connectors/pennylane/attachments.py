"""The document of an entry, which is uploaded before it: `multipart/form-data` (RFC 7578), then only its id travels.

An upload that was answered is remembered, so that a later try of the entry uses it again: for the entry, not for the
document alone, because nothing says that two entries may share an attachment.
"""

import hashlib
from collections.abc import AsyncIterator

from gateways.adapters.http import Body
from gateways.connectors.pennylane.answers import CREATED
from gateways.connectors.pennylane.api import COMPANY, Api
from gateways.domain.judgement import remedy_of
from gateways.domain.outcome import CouldNotAsk, NotAnswered
from gateways.domain.port import Books, DocumentUnavailable, Parcel, ParcelDocument


class Attachments:
    """The uploads of one company. `from_memory` says that the last id given was remembered, not made."""

    def __init__(self, api: Api, books: Books) -> None:
        self._api = api
        self._books = books
        self.from_memory = False

    async def id_for(self, parcel: Parcel, names: tuple[str, ...]) -> int | None:
        """The id of the parcel's document, uploaded now unless it was before; nothing if it has none.

        Raises `NotAnswered` and `DocumentUnavailable`.
        """
        if not parcel.documents:
            return None
        (document,), (name,) = parcel.documents, names
        key = _key(parcel, document)
        known = await self._books.ids("document", (key,))
        self.from_memory = key in known
        if self.from_memory:
            return int(known[key])
        made = await self._upload(document, name)
        await self._books.remember("document", {key: str(made)})
        return made

    async def forget(self, parcel: Parcel) -> None:
        """Drop what is remembered of the parcel's document, which Pennylane does not know any more."""
        if parcel.documents:
            await self._books.forget("document", [_key(parcel, document) for document in parcel.documents])

    async def _upload(self, document: ParcelDocument, name: str) -> int:
        body, content_type = multipart(document, name)
        try:
            return (await self._api.upload(CREATED, f"{COMPANY}/file_attachments", body, content_type)).id
        except NotAnswered as error:
            raise NotAnswered(self._of_a_document(error.failure)) from None

    def _of_a_document(self, failure: CouldNotAsk) -> CouldNotAsk:
        """A refusal of the upload, told as one of the document."""
        if failure.cause != "refused" or failure.message.category != "refused":
            return failure
        told = {"category": "document_refused", "remedy": remedy_of(self._api.sheet, "document_refused")}
        message = failure.message.model_copy(update=told)
        return CouldNotAsk(exchange=failure.exchange, message=message, cause="refused")


def multipart(document: ParcelDocument, name: str) -> tuple[Body, str]:
    """The form that uploads a document, of a length that is known before the first byte leaves, and its content type.

    The boundary is made of the document's hash, which no document can hold; the same document gives the same bytes.
    """
    boundary = f"qontable-{document.kept.sha256[:40]}"
    opening = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="filename"\r\n\r\n{_one_line(name)}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{_quoted(name)}"\r\n'
        f"Content-Type: {document.kept.media_type}\r\n\r\n"
    ).encode()
    closing = f"\r\n--{boundary}--\r\n".encode()

    async def chunks() -> AsyncIterator[bytes]:
        yield opening
        async for chunk in _checked(document):
            yield chunk
        yield closing

    length = len(opening) + document.kept.size + len(closing)
    return Body(length, chunks), f"multipart/form-data; boundary={boundary}"


async def _checked(document: ParcelDocument) -> AsyncIterator[bytes]:
    """The document. Raises `DocumentUnavailable` before the form is complete when it is not the one that was kept."""
    digest = hashlib.sha256()
    async for chunk in document.open():
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != document.kept.sha256:
        raise DocumentUnavailable("a document is not the one that was kept")


def _key(parcel: Parcel, document: ParcelDocument) -> str:
    return f"{parcel.entry.ref.entry_id}/{document.kept.sha256}"


def _one_line(name: str) -> str:
    return name.replace("\r", " ").replace("\n", " ")


def _quoted(name: str) -> str:
    """A name inside quotes, as browsers write it (WHATWG HTML, 4.10.21.8)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
