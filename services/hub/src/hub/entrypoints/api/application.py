"""The API as an application, to be mounted under its version."""

from typing import Any, cast

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig

from hub.app.hub import Hub
from hub.entrypoints.api import audit, connections, entries, exports, files, tokens
from hub.entrypoints.api.guard import Guard
from hub.entrypoints.api.refusals import answer_refusals
from hub.settings import HubSettings

PREFIX = "/v1"
UNTRACED: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""FastAPI's own spans hold whole addresses, and its logs errors' words: `guard` makes ours (DESIGN 8, rule 6)."""
DESCRIPTION = """
Connects an accounting firm's software, maps and activates its client files, and follows their entries.

Every refusal is a problem document (RFC 9457) with a stable `code`, a `message` and a `remedy` in French and English.
Lists are read page by page: `next` of one page is `cursor` of the following one.
"""


def describe() -> dict[str, Any]:
    """The OpenAPI document, without a hub behind it."""
    nothing = cast(Any, None)
    return create_api(nothing, nothing).openapi()


def create_api(hub: Hub, settings: HubSettings) -> FastAPI:
    """The API of `hub`. It documents itself in `openapi.json`; pages that load scripts from elsewhere are left out."""
    app = FastAPI(
        title="Qontable Sync Hub",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": PREFIX}],
        telemetry=UNTRACED,
    )
    app.state.hub = hub
    app.state.settings = settings
    for module in (tokens, connections, files, entries, exports, audit):
        app.include_router(module.router)
    answer_refusals(app)
    app.add_middleware(Guard)
    return app
