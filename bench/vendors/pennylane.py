"""Pennylane, as much of its firm API as sending takes."""

from zlib import crc32

import orjson

from bench.vendors import Answer, Request


def credentials(token: str) -> dict[str, str]:
    """The firm's token."""
    return {"token": token}


def settings(url: str) -> dict[str, str]:
    """Where it is."""
    return {"QONTABLE_PENNYLANE_URL": url}


class Software:
    """Books each entry under the next number; every account and the one journal are there."""

    def __init__(self) -> None:
        self._booked = 0

    def answer(self, request: Request) -> Answer:
        """See `bench.vendors.Software`."""
        match request.method, request.path.rsplit("/", 1)[-1]:
            case "POST", "ledger_entries":
                self._booked += 1
                label = orjson.loads(request.body)["label"]
                return Answer({"id": self._booked}, status=b"201 Created", booked=(label,))
            case "GET", "companies":
                return Answer({"items": [], "total_pages": 1, "total_items": 0})
            case "GET", "journals":
                return _page({"id": 1, "code": "AC", "label": "Achats", "type": "purchase"})
            case "GET", "ledger_accounts":
                (condition,) = orjson.loads(request.query["filter"])
                number = condition["value"]
                return _page({"id": crc32(number.encode()), "number": number, "label": number, "enabled": True})
            case method, route:
                raise LookupError(f"the stand-in has no route {method} {route}")


def _page(row: dict[str, object]) -> Answer:
    """The only page of a list of one row."""
    return Answer({"items": [row], "has_more": False, "next_cursor": None})
