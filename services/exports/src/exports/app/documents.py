"""The documents of an export: each gets the name that the format links, and a place in the archive."""

from pathlib import Path

from exports.domain.book import BookDocument, BookEntry
from exports.domain.description import Description, DocumentRules
from exports.domain.document_names import DocumentNames
from exports.domain.findings import Findings


class Documents:
    """Looks for documents in `folder`, where one is given. `packed` is what goes into the archive, by name.

    `lacking` has the ACK codes of entries of which not every document goes; nothing where none goes at all.
    """

    def __init__(self, description: Description, folder: Path | None, findings: Findings) -> None:
        rules = description.documents
        self.packed: dict[str, Path] = {}
        self.lacking: set[str] | None = None if rules is None or folder is None else set()
        self._rules = rules
        self._names = DocumentNames(rules, description.file_name) if rules else None
        self._folder = folder
        self._findings = findings
        self._bytes = 0

    def link(self, entry: BookEntry, number: int) -> str:
        """The name of the document that the format links, for the entry's `number`; all of them are packed."""
        if self._rules is None or self._names is None:
            for document in entry.documents:
                self._findings.add("documents_not_carried", entry.where, name=document.name)
            return ""
        names = [self._names.name(entry, number, index) for index in range(len(entry.documents))]
        if len(names) > 1:
            self._findings.add("documents_beyond_first", entry.where, count=str(len(names)), name=names[0])
        if self._folder is None:
            return names[0]
        there = [
            self._pack(entry.where, document, name, self._folder, self._rules)
            for document, name in zip(entry.documents, names, strict=True)
        ]
        if self.lacking is not None and not all(there):
            self.lacking.add(entry.ack_code)
        return names[0] if there[0] else ""

    def _pack(self, where: str, document: BookDocument, name: str, folder: Path, rules: DocumentRules) -> bool:
        source = document.path or folder / Path(document.name).name
        if not source.is_file():
            self._findings.add("document_missing", where, name=document.name)
            return False
        size = source.stat().st_size
        if document.size not in (None, size):
            self._findings.add("document_differs", where, name=document.name, found=str(size), size=str(document.size))
        told = {"name": document.name, "size": str(size)}
        if rules.size_told is not None and size > rules.size_told:
            self._findings.add("document_large", where, **told, max=str(rules.size_told))
        if self._bytes + size > rules.archive_max:
            self._findings.add("document_too_large", where, **told, max=str(rules.archive_max))
            return False
        self._bytes += size
        self.packed[name] = source
        return True
