"""Files, uploaded before the entry that names them."""

import hashlib
from typing import Any

from sandbox.adapters.attachments import Attachment, keep_attachment
from sandbox.domain.books import NewDocument
from sandbox.software.pennylane.call import COMPANY, CONTENT_TYPE, HOST, Call, Route, instant, writers
from sandbox.software.pennylane.errors import VendorError
from sandbox.software.pennylane.multipart import Part, read_parts

MEDIA_TYPES = ("image/png", "image/jpeg", "image/tiff", "image/bmp", "image/gif", "application/pdf")
MAX_BYTES = 100 * 1024 * 1024
MAX_NAME = 255
FIELDS = ("file", "filename")


async def create_file_attachment(call: Call) -> Any:
    """`POST /file_attachments`."""
    document = _document(read_parts(call.query.get(CONTENT_TYPE, ""), call.visit.body))
    return _attachment(await keep_attachment(call.connection, call.company.id, document))


def _document(parts: dict[str, Part]) -> NewDocument:
    """The file that a form holds. Raises 400 for its form, 422 for the file."""
    for name in parts:
        if name not in FIELDS:
            words = f"schema does not define properties: {name}"
            raise VendorError("schema", words, code="NotExistPropertyDefinition", field=name)
    file = parts.get("file")
    if file is None:
        raise VendorError("schema", "missing required parameters: file", code="NotExistRequiredKey", field="file")
    if file.file_name is None:
        raise VendorError("schema", "file is not a file", code="NotAMultipartFile", field="file")
    if file.media_type not in MEDIA_TYPES:
        raise VendorError("file_type")
    if len(file.content) > MAX_BYTES:
        raise VendorError("file_size")
    if not file.content:
        raise VendorError("file_empty")
    return NewDocument(
        _name(parts) or file.file_name, file.media_type, len(file.content), hashlib.sha256(file.content).hexdigest()
    )


def _name(parts: dict[str, Part]) -> str:
    given = parts["filename"].content.decode("utf-8", "replace") if "filename" in parts else ""
    if len(given) > MAX_NAME:
        raise VendorError("schema", "filename is too long", code="MoreThanMaxLength", field="filename")
    if "\0" in given:
        raise VendorError("text")
    return given


def _attachment(found: Attachment) -> dict[str, Any]:
    return {
        "id": found.id,
        "url": file_url(found.id),
        "filename": found.document.name,
        "created_at": instant(found.uploaded_at),
        "updated_at": instant(found.uploaded_at),
    }


def file_url(document_id: int) -> str:
    """Where a file would be; the stand-in keeps no bytes."""
    return f"{HOST}/public/attachments/{document_id}"


ROUTES = (
    Route("POST", f"{COMPANY}/file_attachments", create_file_attachment, writers("file_attachments"), status=201),
)
