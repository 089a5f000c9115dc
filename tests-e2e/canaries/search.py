"""What must not be found, in every form in which it may lie somewhere."""

import base64
import gzip
import html
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

GZIP, ZLIB = b"\x1f\x8b\x08", re.compile(rb"\x78[\x01\x5e\x9c\xda]")
WRAPPED = re.compile(rb"(?:H4sI|eJ|eNo|eAE)[A-Za-z0-9+/_-]{12,}={0,2}")
ESCAPES = re.compile(rb"\\{2,}")
"""However often a text was put into JSON, one backslash is enough to know it again."""
DEPTH = 3


@dataclass(frozen=True, slots=True)
class Canary:
    """A text that occurs nowhere else: its name for people, its kind for the table of places."""

    name: str
    kind: str
    text: str = field(repr=False)


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "in JSON": lambda text: json.dumps({"said": text}).encode(),
    "in JSON in JSON": lambda text: json.dumps({"body": json.dumps({"said": text})}).encode(),
    "in a query": lambda text: f"/v1/files?search={quote_plus(text)}".encode(),
    "in a path": lambda text: f"/v1/files/{quote(text, safe='')}".lower().encode(),
    "in a page": lambda text: f"<p>{html.escape(text)}</p>".encode(),
    "as Python shows it": lambda text: repr({"said": text}).encode(),
    "as Python shows its bytes": lambda text: repr(text.encode()).encode(),
    "base64": lambda text: base64.b64encode(f"Bearer {text}, and more".encode()),
    "base64 in an address": lambda text: base64.urlsafe_b64encode(f"{{{text}}}".encode()).rstrip(b"="),
    "hexadecimal": lambda text: text.encode().hex().encode(),
    "gzip in base64": lambda text: base64.b64encode(gzip.compress(text.encode())),
    "gzip": lambda text: b"..." + gzip.compress(text.encode()) + b"...",
    "zlib in JSON in gzip": lambda text: gzip.compress(
        json.dumps({"z": base64.b64encode(zlib.compress(text.encode())).decode()}).encode()
    ),
}
"""Forms in which the search is first shown that it finds what was planted. The last two are no text."""
TEXTUAL = tuple(name for name in ENCODINGS if name not in ("gzip", "zlib in JSON in gzip"))


class Search:
    """Looks for several canaries at once, in what it is given and in whatever is packed inside."""

    def __init__(self, canaries: Iterable[Canary]) -> None:
        self._names = {form.lower(): canary.name for canary in canaries for form in _forms(canary.text)}

    def find(self, content: bytes, depth: int = DEPTH) -> set[str]:
        """The names of the canaries in this content."""
        lower = content.lower()
        plain = ESCAPES.sub(rb"\\", lower)
        found = {name for form, name in self._names.items() if form in lower or (plain != lower and form in plain)}
        if depth:
            for inner in _unpacked(content):
                found |= self.find(inner, depth - 1)
        return found


def _forms(text: str) -> Iterator[bytes]:
    """The text as others write it; letters are compared without case."""
    content = text.encode()
    yield content
    for words in (json.dumps(text), json.dumps(text, ensure_ascii=False), json.dumps(json.dumps(text))):
        yield words.strip('"\\').encode()
    yield json.dumps(json.dumps(text, ensure_ascii=False), ensure_ascii=False).strip('"\\').encode()
    yield from (form(text).encode() for form in (quote, quote_plus, html.escape, _repr))
    yield quote(text, safe="").encode()
    yield _repr(content)[1:].strip("'").encode()
    yield content.hex().encode()
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + content)
        start, end = (0, 2, 3)[shift], len(whole) - 4 if (shift + len(content)) % 3 else len(whole)
        yield whole[start:end]
        yield whole[start:end].translate(bytes.maketrans(b"+/", b"-_"))


def _repr(value: object) -> str:
    return repr(value).strip("'\"")


def _unpacked(content: bytes) -> Iterator[bytes]:
    """Everything that can be decompressed, wherever it begins, also where it is written in base64."""
    for packed in WRAPPED.findall(content):
        text = packed.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        yield base64.b64decode(text[: len(text) // 4 * 4])
        yield base64.b64decode(text + b"=" * (-len(text) % 4)) if len(text) % 4 != 1 else b""
    at = content.find(GZIP)
    while at >= 0:
        yield _inflated(content[at:], 31)
        at = content.find(GZIP, at + 1)
    for match in ZLIB.finditer(content):
        yield _inflated(content[match.start() :], 15)


def _inflated(content: bytes, window: int) -> bytes:
    try:
        return zlib.decompressobj(window).decompress(content, 16_000_000)
    except zlib.error:
        return b""
