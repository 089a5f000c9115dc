"""Fields of a `multipart/form-data` body, as bytes with their file names and types."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from sandbox.software.pennylane.errors import VendorError


@dataclass(frozen=True, slots=True)
class Part:
    """One field; a file has a name."""

    name: str
    file_name: str | None
    media_type: str
    content: bytes


def read_parts(content_type: str, body: bytes) -> dict[str, Part]:
    """The fields of a body by name; of several with one name the last. Raises 400 (`NotAMultipartFile`)."""
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_boundary()
    if header.get_content_type() != "multipart/form-data" or not boundary:
        raise VendorError("schema", "a multipart body is expected", code="NotAMultipartFile")
    return {part.name: part for part in _parts(boundary.encode(), body)}


def _parts(boundary: bytes, body: bytes) -> Iterator[Part]:
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        if piece.startswith(b"--"):
            return
        head, blank, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = HeaderParser().parsestr(head.decode("utf-8", "replace"))
        name = headers.get_param("name", header="content-disposition")
        if not blank or not isinstance(name, str):
            raise VendorError("schema", "a part without a name", code="NotAMultipartFile")
        yield Part(name, _file_name(headers), headers.get_content_type(), content)
    raise VendorError("schema", "the last part does not end", code="NotAMultipartFile")


def _file_name(headers: Message) -> str | None:
    """The name of a part's file, without control characters; letters beyond ASCII are UTF-8."""
    found = headers.get_filename()
    return re.sub(r"[\x00-\x1f]", "", found) if found else None
