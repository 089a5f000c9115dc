"""`POST /importJson` registers an import and answers its id; `GET /getImportStatus` says how far it is, and no more."""

from typing import Any
from uuid import UUID, uuid4

from sandbox.adapters.import_requests import ImportRequest, import_state, register
from sandbox.adapters.pulled_documents import note
from sandbox.domain.faults import Reply
from sandbox.software.cegid_loop.call import Call, FolderIn, Route
from sandbox.software.cegid_loop.fetching import FOR_SECONDS
from sandbox.software.cegid_loop.folders import FolderSettings, folder_settings
from sandbox.software.cegid_loop.import_body import ImportBody, read_import
from sandbox.software.cegid_loop.siret import check_sirets

STATUS = {"waiting": 1, "running": 2, "done": 3, "refused": 4}


async def import_json(call: Call) -> Any:
    """Register an import. What the call itself refuses is refused here; everything else is decided when it runs."""
    body = read_import(call.visit.body)
    settings = await folder_settings(call.connection, call.folder.id)
    own = () if call.folder.siret is None else (call.folder.siret,)
    check_sirets(body.sirets, (*own, *settings.establishments), call.folder.code)
    import_id = uuid4()
    await _register(call, import_id, settings)
    await _note_documents(call, import_id, body, settings)
    if call.fault.reply is Reply.WITHOUT_ENTRY:
        return {}
    return {"accountingImportRequestId": str(import_id)}


async def status(call: Call) -> Any:
    """`GET /getImportStatus?accountingImportRequestId=`: 1 waiting, 2 running, 3 done, 4 error.

    That the answer is an object with the key `status` is second-hand.
    """
    found = await import_state(call.connection, UUID(call.query["accountingImportRequestId"]))
    assert found is not None, "the gate has looked it up"
    return {"status": STATUS[found.state]}


async def _register(call: Call, import_id: UUID, settings: FolderSettings) -> None:
    request = ImportRequest(
        import_id, call.folder.id, call.visit.body, call.fault.effect, call.fault.seconds, "waiting"
    )
    await register(call.connection, request, settings.waiting_seconds)


async def _note_documents(call: Call, import_id: UUID, body: ImportBody, settings: FolderSettings) -> None:
    documents = [
        (place, line.fichier.uri)
        for place, line in enumerate(body.data.ecritures)
        if line.fichier is not None and line.fichier.uri is not None
    ]
    await note(call.connection, import_id, documents, seconds=settings.fetch_after_seconds, for_seconds=FOR_SECONDS)


ROUTES = (
    Route("POST", "/importJson", import_json, FolderIn.BODY),
    Route("GET", "/getImportStatus", status, FolderIn.IMPORT),
)
