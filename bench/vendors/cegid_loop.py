"""Cegid Loop, as much of it as sending takes: imports are carried out before anyone asks."""

import re
from uuid import UUID

import orjson

from bench.vendors import Answer, Request

ORIGIN = re.compile(r'ecritureOrigine == "([^"]+)"')
CODE = re.compile(r'code == "([^"]+)"')


def credentials(token: str) -> dict[str, str]:
    """The two halves of the firm's key."""
    return {"api_key": token, "api_secret": "secret-of-the-bench"}


def settings(url: str) -> dict[str, str]:
    """Where it is, and the subscription key, which it does not look at."""
    return {"QONTABLE_CEGID_LOOP_URL": url, "QONTABLE_CEGID_LOOP_SUBSCRIPTION_KEY": "subscription-of-the-bench"}


class Software:
    """Keeps the origins of what was imported, which the connector asks back; every third party is there."""

    def __init__(self) -> None:
        self._imports = 0
        self._origins: set[str] = set()

    def answer(self, request: Request) -> Answer:
        """See `bench.vendors.Software`."""
        match request.path.rsplit("/", 1)[-1]:
            case "importJson":
                return self._import(request.body)
            case "getImportStatus":
                return Answer({"status": 3})
            case "EcritureComptable":
                origin = ORIGIN.search(request.query["filter"])
                found = origin is not None and origin[1] in self._origins
                return Answer([{"objectId": origin[1], "ecritureOrigine": origin[1]}] if origin and found else [])
            case "tiersFournisseur":
                code = CODE.search(request.query["filter"])
                return Answer([{"objectId": code[1], "code": code[1], "actif": True}] if code else [])
            case route:
                raise LookupError(f"the stand-in has no route {route}")

    def _import(self, body: bytes) -> Answer:
        lines = orjson.loads(body)["data"]["ecritures"]
        origins = tuple(dict.fromkeys(line["ecritureOrigine"] for line in lines))
        self._imports += 1
        self._origins.update(origins)
        return Answer({"accountingImportRequestId": str(UUID(int=self._imports))}, booked=origins)
