"""`GET /key/info`: what a key is and may do. Asking for it in extended mode activates the key."""

from typing import Any

from sandbox.adapters.tokens import activate_token
from sandbox.software.myunisoft.call import Call, Route

THIRD_PARTY = 101
SCHEMA = 80


def key_info(routes: tuple[Route, ...]) -> Route:
    """The route, which lists the others."""

    async def handle(call: Call) -> Any:
        token = call.access
        allowed = [
            {"path": f"/api/v1{route.path}", "method": route.method.lower()}
            for route in routes
            if route.name not in token.forbidden_routes
        ]
        if call.query.get("mode") != "extended":
            return allowed
        await activate_token(call.connection, token.id)
        folder = token.software_file_id
        return {
            "target": {
                "type": "api" if folder else "firm",
                "schemaId": SCHEMA,
                "thirdPartyId": THIRD_PARTY,
                "societyId": folder,
            },
            "version": {"current": 1, "latest": 1, "beta": False},
            "canBeActivated": True,
            "isActivated": True,
            "routes": allowed,
        }

    return Route("GET", "/key/info", handle, society=False, activated=False)
