"""Carries out what was registered: an import waits, runs, and is done or refused; its documents are fetched beside it.

Whether a refused import leaves the entries that were right in the books is not published: all or nothing is assumed,
the folder's switch `partial` says otherwise.
"""

import structlog

from qontable.database import Connection, Database
from sandbox.adapters import pulled_documents
from sandbox.adapters.import_requests import ImportRequest, any_due, end, put_forward, take_due
from sandbox.adapters.software_files import file_of
from sandbox.app.late_bookings import caught_up
from sandbox.app.strike import book_struck
from sandbox.domain.faults import Effect, Fault, Reply
from sandbox.software.cegid_loop import CONNECTOR
from sandbox.software.cegid_loop.folder_books import EntryRefused, FolderBooks
from sandbox.software.cegid_loop.folders import FolderSettings, MissingDocument, folder_settings
from sandbox.software.cegid_loop.groups import Group, grouped
from sandbox.software.cegid_loop.import_body import ImportBody, read_import
from sandbox.software.cegid_loop.import_rules import THIRD, ImportRules

log = structlog.get_logger()

LOOK_AGAIN_SECONDS = 0.2
WITHOUT_DOCUMENTS = frozenset({Effect.WITHOUT_DOCUMENTS, Effect.UNDONE})


class Importer:
    """The step of a background loop: takes one import one step further."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def step(self) -> bool:
        """Take the import further that has been due longest; says whether there was one."""
        async with self._database.transaction() as connection:
            request = await take_due(connection, CONNECTOR)
            if request is None:
                return False
            settings = await folder_settings(connection, request.software_file_id)
            if request.state == "waiting":
                await put_forward(connection, request.id, settings.running_seconds)
                return True
            reasons = await self._decided(connection, request, settings)
            if reasons is None:
                await put_forward(connection, request.id, LOOK_AGAIN_SECONDS)
                return True
            await end(connection, request.id, reasons)
            log.info("import ended", import_id=str(request.id), refused=len(reasons))
        return True

    async def catch_up(self) -> None:
        """Take every import as far as it should be by now."""
        await caught_up(self._database, lambda connection: any_due(connection, CONNECTOR), self.step)

    async def _decided(
        self, connection: Connection, request: ImportRequest, settings: FolderSettings
    ) -> list[str] | None:
        """Why the import is refused, nothing where it is booked; None while it waits for documents."""
        if settings.missing_document is MissingDocument.REFUSE:
            states = {document.state for document in await pulled_documents.documents_of(connection, request.id)}
            if "pending" in states:
                return None
            if "missing" in states:
                return ["une pièce jointe n'a pas pu être téléchargée"]
        if Effect(request.effect) is Effect.UNDONE:
            return []
        return await _booked(connection, request, settings)


async def _booked(connection: Connection, request: ImportRequest, settings: FolderSettings) -> list[str]:
    """Book what can be booked; why entries were refused, each named by its first line."""
    body = read_import(request.body)
    reasons: list[str] = []
    whole = connection.transaction()
    await whole.start()
    rules = await _rules(connection, request, body, settings)
    for group in grouped(body.data.ecritures):
        try:
            async with connection.transaction():
                await _book(connection, request, rules, group)
        except EntryRefused as refusal:
            reasons.append(f"ligne {group.lines[0][0] + 1} : {refusal}")
            rules = await _rules(connection, request, body, settings)
    await (whole.rollback() if reasons and not settings.partial else whole.commit())
    return reasons


async def _rules(
    connection: Connection, request: ImportRequest, body: ImportBody, settings: FolderSettings
) -> ImportRules:
    """The rules of an import with the folder as it is: anew once an entry was refused, as what it made is gone."""
    file = await file_of(connection, request.software_file_id)
    lines = body.data.ecritures
    numbers = {line.compte or "" for line in lines} | {(line.tiers or "")[:THIRD] for line in lines}
    books = await FolderBooks.of(connection, file, body.data.options, numbers)
    return ImportRules(books, settings, body.data.contexte)


async def _book(connection: Connection, request: ImportRequest, rules: ImportRules, group: Group) -> None:
    effect = Effect(request.effect)
    entry = await rules.entry(connection, group)
    fault = Fault(0, "ordered with the import", effect, Reply.ANSWER, seconds=request.effect_seconds)
    entry_id = await book_struck(connection, entry, fault)
    if effect not in WITHOUT_DOCUMENTS:
        lines = {place: number for number, (place, _line) in enumerate(group.lines)}
        await pulled_documents.belong(connection, request.id, entry_id, lines)
