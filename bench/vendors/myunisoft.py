"""MyUnisoft, as much of it as sending takes."""

from zlib import crc32

import orjson

from bench.vendors import Answer, Request


def credentials(token: str) -> dict[str, str]:
    """The firm's key."""
    return {"token": token}


def settings(url: str) -> dict[str, str]:
    """Where it is."""
    return {"QONTABLE_MYUNISOFT_URL": url}


class Software:
    """Books each entry under the next number."""

    def __init__(self) -> None:
        self._booked = 0

    def answer(self, request: Request) -> Answer:
        """See `bench.vendors.Software`."""
        match request.path.rsplit("/", 1)[-1]:
            case "entry":
                self._booked += 1
                reference = orjson.loads(request.body)["entry_origin_partner_id"]
                return Answer({"entry_id": self._booked}, booked=(reference,))
            case "info":
                return Answer({"target": {"type": "firm"}, "isActivated": True})
            case "account":
                number = request.query["begin_by"]
                return Answer({"account_array": [{"account_id": crc32(number.encode()), "account_number": number}]})
            case "diary":
                return Answer([{"diary_id": 1, "code": request.query["code"], "diary_type_code": "ACH"}])
            case route:
                raise LookupError(f"the stand-in has no route {route}")
