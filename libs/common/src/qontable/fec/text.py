"""The file as text: which encoding it is in, and its lines whatever ends them (article A47 A-1, XII).

The law allows ASCII, ISO-8859-15 and UTF-8. UTF-8 is recognised by reading the whole file strictly: other text is
practically never valid UTF-8. What is not UTF-8 is ISO-8859-15, unless it holds bytes that mean nothing there.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qontable.fec.problems import FecRefused, Findings, Problem

CHUNK = 1 << 16
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF16 = re.compile(rb"[^\0]\0[^\0]\0|\0[^\0]\0[^\0]")
_ESCAPED = re.compile("[\udc80-\udcff]")
_C1 = re.compile(rb"[\x80-\x9f]")
_AGAIN = "Export the file again in UTF-8."


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the file's bytes are read: the name people know, and Python's codec."""

    name: str
    codec: str


ASCII = Encoding("ASCII", "ascii")
UTF_8 = Encoding("UTF-8", "utf-8")
UTF_8_MARKED = Encoding("UTF-8 with a byte order mark", "utf-8-sig")
ISO_8859_15 = Encoding("ISO-8859-15", "iso8859-15")
WINDOWS_1252 = Encoding("Windows-1252", "cp1252")


def detect_encoding(path: Path, findings: Findings) -> Encoding:
    """The encoding of the whole file, read in pieces. Raises `FecRefused` for UTF-16 and for what is no text.

    Windows-1252 is not in the law but common; it is told from ISO-8859-15 by bytes 0x80 to 0x9F, and noticed.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(_UTF16_MARKS) or _UTF16.match(start):
        raise FecRefused([Problem(1, "", "the file is in UTF-16, which the law does not allow", _AGAIN)])
    if _decodes(path, "utf-8"):
        if start.startswith(codecs.BOM_UTF8):
            return UTF_8_MARKED
        return ASCII if _decodes(path, "ascii") else UTF_8
    if start.startswith(codecs.BOM_UTF8):
        what = "the file's byte order mark says that it is UTF-8, and this line is not"
        raise FecRefused([Problem(_line_beyond(path, "utf-8"), "", what, _AGAIN)])
    if not any(_C1.search(chunk) for chunk in _chunks(path)):
        return ISO_8859_15
    if not _decodes(path, WINDOWS_1252.codec):
        what = "the bytes of this line are neither UTF-8 nor ISO-8859-15 text"
        raise FecRefused([Problem(_line_beyond(path, WINDOWS_1252.codec), "", what, _AGAIN)])
    findings.notice("windows_1252", "read as Windows-1252, which the law does not name", 1)
    return WINDOWS_1252


def read_lines(path: Path, encoding: Encoding) -> Iterator[tuple[int, str]]:
    """Every line with its number from 1, without its end: CR, LF or CR LF."""
    with path.open(encoding=encoding.codec, errors="strict", newline=None) as file:
        for number, line in enumerate(file, start=1):
            yield number, line.removesuffix("\n")


def _decodes(path: Path, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)(errors="strict")
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _line_beyond(path: Path, codec: str) -> int:
    """The first line with a byte that the codec does not know."""
    with path.open(encoding=codec, errors="surrogateescape", newline=None) as file:
        return next(number for number, text in enumerate(file, start=1) if _ESCAPED.search(text))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
