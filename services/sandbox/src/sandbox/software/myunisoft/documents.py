"""Attaching a document to an entry that is there already."""

from pathlib import PurePosixPath
from typing import Any

from sandbox.adapters.booking import attach, entries_by_id
from sandbox.domain.faults import Effect
from sandbox.software.myunisoft.attachments import document
from sandbox.software.myunisoft.call import Call, Route, vendor_id
from sandbox.software.myunisoft.entries import location
from sandbox.software.myunisoft.errors import VendorError

EXTENSIONS = {
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "bmp": "image/bmp",
    "png": "image/png",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "pdf": "application/pdf",
    "xls": "application/vnd.ms-excel",
    "doc": "application/msword",
    "ppt": "application/vnd.ms-powerpoint",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "txt": "text/plain",
}
"""Extensions of the media types that the entry's schema lists; that this route takes the same ones is assumed."""


async def add_document(call: Call) -> Any:
    """`POST /document/add_all_types?location=&object_id=&filename_extension=&type_result=1`, raw bytes as body.

    What it answers is not published: a list with the document's id and name is assumed, as in the vendor's read model.
    """
    name = call.query.get("filename_extension", "")
    extension = PurePosixPath(name).suffix.removeprefix(".").lower()
    if extension not in EXTENSIONS:
        raise VendorError("DOCUMENT2", ", ".join(EXTENSIONS))
    new = document(name, EXTENSIONS[extension], call.body)
    entry_id = vendor_id(call.query.get("object_id", ""))
    found = await entries_by_id(call.connection, [] if entry_id is None else [entry_id])
    if not found or found[0].software_file_id != call.society.id or location(found[0]) != call.query.get("location"):
        raise VendorError("ERR-ENTRY-NOT-FOUND")
    if call.fault.effect is Effect.WITHOUT_DOCUMENTS:
        return [{"document_id": 0, "name": name}]
    document_id = await attach(call.connection, found[0].id, new)
    if call.fault.effect is Effect.DONE_TWICE:
        await attach(call.connection, found[0].id, new)
    return [{"document_id": document_id, "name": name}]


ROUTES = (Route("POST", "/document/add_all_types", add_document),)
