"""What people and programs send the Hub by mistake."""

from typing import Any
from urllib.parse import quote

from .sinks import Sinks
from .texts import FILE, FIRM, IBAN, LABEL, REFUSED_KEY, USUAL, entry


def requests_gone_wrong() -> list[tuple[str, str, dict[str, Any]]]:
    """What people and programs send by mistake: secrets in the wrong place, labels where ids belong, broken bodies."""
    typed = {"connector": "myunisoft", "options": {"frequency": "manual", "synchronize_accounts": False}}
    here = f"/v1/files/{FILE}"
    return [
        ("GET", f"/v1/{quote(LABEL)}?token={quote(REFUSED_KEY)}", {}),
        ("GET", "/v1/files", {"params": {"search": LABEL, "limit": IBAN}}),
        ("GET", f"/v1/files/{quote(LABEL)}", {}),
        ("GET", f"{here}/entries/{IBAN}", {}),
        ("GET", f"{here}/entries", {"params": {"cursor": LABEL}}),
        ("POST", "/v1/connections", {"json": typed | {"connector": LABEL, "fields": {"token": REFUSED_KEY}}}),
        ("POST", "/v1/connections", {"json": typed | {"fields": {"token": f"{REFUSED_KEY} {LABEL}"}}}),
        ("POST", "/v1/connections", {"json": typed | {"fields": {"token": f"{REFUSED_KEY}é"}}}),
        ("POST", "/v1/connections", {"json": typed | {"fields": {REFUSED_KEY: "token"}}}),
        ("POST", "/v1/connections", {"json": typed | {"fields": {"token": [REFUSED_KEY]}}}),
        ("POST", "/v1/connections", {"json": typed | {"fields": {REFUSED_KEY: ["token"]}}}),
        ("POST", "/v1/connections", {"json": typed | {REFUSED_KEY: LABEL}}),
        ("PUT", f"{here}/journal-map", {"json": {"journal_map": {LABEL: 3}}}),
        ("PUT", f"{here}/journal-map", {"json": {"journal_map": {"ACH": f"{LABEL}\x01"}}}),
        ("PUT", f"{here}/mapping", {"json": {"connection_id": IBAN, "software_file_id": LABEL}}),
        ("POST", f"{here}/entries/ent_morning0/correction", {"json": {"revision": LABEL}}),
        (
            "POST",
            f"{here}/entries/ent_morning0/correction",
            {"json": {"revision": 1, "content": entry("ent_morning0", date=IBAN, lines=[{"label": LABEL}])}},
        ),
        ("POST", "/v1/synchronizations", {"content": f'{{"file_ids": ["{LABEL}", {IBAN}'.encode()}),
        ("POST", "/v1/synchronizations", {"json": {"file_ids": [LABEL]}}),
        (f"X-{IBAN}", "/v1/files", {}),
        ("GET", "/v1/me", {"headers": {"Authorization": f"Bearer {REFUSED_KEY}".encode()}}),
        ("GET", "/v1/me", {"headers": {"Authorization": f"Basic {REFUSED_KEY}".encode()}}),
        ("POST", f"/v1/firms/{FIRM}/tokens", {"json": {"user": {"user_id": LABEL}}}),
        ("GET", f"/metrics/{quote(LABEL)}", {}),
    ]


async def make_mistakes(sinks: Sinks, token: str) -> None:
    """Each is refused as a mistake of whoever sent it."""
    async with sinks.client("hub", Authorization=f"Bearer {token}") as person:
        for method, path, more in requests_gone_wrong():
            answer = await person.request(method, path, **more)
            assert 400 <= answer.status_code < 500, (method, path, answer.text)


async def type_wrong_credentials(sinks: Sinks, token: str) -> None:
    """The software refuses a key; those in place stay."""
    async with sinks.client("hub", Authorization=f"Bearer {token}") as person:
        connections = (await person.get("/v1/connections")).json()["connections"]
        (connection,) = [each for each in connections if each["connector"] == USUAL]
        path = f"/v1/connections/{connection['connection_id']}"
        check = (await person.put(f"{path}/credentials", json={"fields": {"token": REFUSED_KEY}})).json()
        answer = await person.get(f"{path}/checks/{check['check_id']}", params={"wait": 30})
        assert answer.json()["status"] == "refused", answer.text
