"""The pages as an application."""

from fastapi import FastAPI

from hub.app.hub import Hub
from hub.domain.problem import Refused
from hub.entrypoints.api.application import UNTRACED
from hub.entrypoints.api.guard import Guard
from hub.entrypoints.pages import (
    accounting,
    attempt,
    changes,
    connection,
    correction,
    documents,
    entry,
    file_settings,
    files,
    integrations,
    mapping,
    mapping_csv,
    reference,
    remapping,
    sign_in,
    wizard,
)
from hub.entrypoints.pages.assets import Assets
from hub.entrypoints.pages.refusals import RefusalPage, answer_refusals
from hub.settings import HubSettings
from qontable.storage import open_storage

ROUTERS = tuple(
    module.router
    for module in (
        sign_in,
        files,
        integrations,
        wizard,
        mapping,
        mapping_csv,
        remapping,
        connection,
        accounting,
        entry,
        correction,
        changes,
        documents,
        attempt,
        reference,
        file_settings,
    )
)


def create_pages(hub: Hub, settings: HubSettings) -> FastAPI:
    """The pages of `hub`, to be mounted at the root."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, telemetry=UNTRACED)
    app.state.hub = hub
    app.state.settings = settings
    app.state.storage = open_storage(settings.storage_url)
    app.state.assets = Assets(settings.hub_assets)
    app.mount("/assets", app.state.assets.app())
    for router in ROUTERS:
        app.include_router(router)
    answer_refusals(app)

    def answer(refused: Refused, _accept_language: str | None) -> RefusalPage:
        return RefusalPage(refused, app)

    app.add_middleware(Guard, answer=answer)
    return app
