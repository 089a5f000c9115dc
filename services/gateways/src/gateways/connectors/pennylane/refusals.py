"""Reading what is no success: Pennylane's forms of an error, of which every one is met.

`{error, status}` in the OpenAPI document, `{message}` and `{message, code, field}` there for 400, `{error, message,
details}` in the guide on errors, `{error, error_description}` of OAuth (RFC 6749, 5.2).
"""

import re

import orjson

from gateways.adapters.http import Answer
from gateways.domain.judgement import Answered
from gateways.domain.outcome import Exchange

_OAUTH_CODE = re.compile(r"[a-z]+(_[a-z]+)+")


def read_refusal(answer: Answer, sent: Exchange | None = None) -> Answered:
    """Code and words of an answer that is no success. An answer in a form of Pennylane's always has a code, if only the
    status; a page of some proxy has none and is quoted at its start."""
    code, text = _code_and_words(answer)
    return Answered(answer.status, code, text, answer.exchange(sent), answer.retry_after)


def _code_and_words(answer: Answer) -> tuple[str | None, str]:
    try:
        said = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        said = None
    if isinstance(said, dict):
        error, message = said.get("error"), said.get("message") or said.get("error_description")
        if isinstance(message, str):
            code = said.get("code") or error or answer.status
            return str(code), " ".join(filter(None, (message, _text(said.get("field")), _text(said.get("details")))))
        if isinstance(error, str):
            is_code = _OAUTH_CODE.fullmatch(error)
            return error if is_code else str(said.get("status") or answer.status), error
    return None, answer.start


def _text(said: object) -> str:
    if said is None or said == "":
        return ""
    return said if isinstance(said, str) else orjson.dumps(said).decode()
