"""Texts and codes as a format takes them. Whatever is altered is told, and what must not be altered stops the export.

A code is never shortened silently: a journal needs a map, an account is refused or, where the format declares it,
shortened after looking whether two would become one (export rules 2 and 3 of the facts, section 21).
"""

from collections.abc import Callable, Mapping
from functools import partial
from re import compile as compile_pattern
from re import escape
from typing import get_args

from exports.domain.description import Description, Role, RoleLimit
from exports.domain.findings import Findings
from qontable.cutting import cut, cut_start
from qontable.flatfile.charset import UNKNOWN, Charset

TOO_LONG: Mapping[Role, str] = {"journal": "journal_needs_map", "folder_number": "folder_too_long"}
"""What is told of a code beyond its limit, where it is no account's."""
MOST_REMEMBERED = 100_000
"""Of one kind: beyond it all are forgotten, so that memory stays small."""


class _Texts(dict[str, str]):
    """Texts that stay what they are. An altered one is fitted anew each time, since each entry has to be told.

    `usual` says quickly that a text need not be looked at.
    """

    def __init__(self, fit: Callable[[str], str], usual: Callable[[str], object]) -> None:
        super().__init__()
        self._fit = fit
        self._usual = usual

    def __missing__(self, text: str) -> str:
        if not self._usual(text) and (fitted := self._fit(text)) != text:
            return fitted
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        self[text] = text
        return text


class _Codes(dict[str, str]):
    """Codes by what they were: each is fitted once."""

    def __init__(self, fit: Callable[[str], str]) -> None:
        super().__init__()
        self._fit = fit

    def __missing__(self, code: str) -> str:
        fitted = self[code] = self._fit(code)
        return fitted


class Fitting:
    """Makes every text and code of one export fit. `where` of a finding is set with `about`, entry by entry."""

    def __init__(self, format_: Description, journals: Mapping[str, str], findings: Findings) -> None:
        self._format = format_
        self._journals = journals
        self._findings = findings
        self._charset = Charset(format_.encoding)
        self._forbidden = str.maketrans(dict.fromkeys(format_.forbidden, " "))
        self._where = ""
        self._texts = {role: _Texts(partial(self._fit_text, role), self._usual(role)) for role in get_args(Role)}
        self._codes = {role: _Codes(partial(self._fit_code, role)) for role in get_args(Role)}
        self._sent: dict[tuple[Role, str], str] = {}
        self._numbers: dict[str, str] = {}

    def about(self, where: str) -> None:
        """Whatever is found from now on is about this entry."""
        self._where = where

    def texts(self, role: Role) -> Mapping[str, str]:
        """Texts of this role by what they were: without characters that the file cannot hold, within the limit."""
        return self._texts[role]

    def codes(self, role: Role) -> Mapping[str, str]:
        """Codes of this role by what they were, the software's own spelling for a mapped journal."""
        return self._codes[role]

    def text(self, role: Role, text: str) -> str:
        """One text of this role."""
        return self._texts[role][text]

    def code(self, role: Role, code: str) -> str:
        """One code of this role."""
        return self._codes[role][code]

    def tell(self, finding: str, /, **values: str) -> None:
        """A finding about the entry that is being written."""
        self._findings.add(finding, self._where, **values)

    def _usual(self, role: Role) -> Callable[[str], object]:
        """Whether a text is as nearly all of this role are: printable ASCII, nothing forbidden, within the limit."""
        printable = "".join(map(chr, range(32, 127)))
        limit = self._format.limits.get(role)
        allowed = escape(printable.translate(dict.fromkeys(map(ord, self._format.forbidden))))
        return compile_pattern(f"[{allowed}]{{0,{limit.max if limit else ''}}}").fullmatch

    def _fit_text(self, role: Role, text: str) -> str:
        clean = self._charset.fit(text.translate(self._forbidden) if self._forbidden else text)
        if clean != text:
            lost = clean.strip(f"{UNKNOWN} ") == "" and text.strip() != ""
            self.tell("text_lost" if lost else "text_replaced", original=text, sent=clean)
        limit = self._format.limits.get(role)
        if limit is None or len(clean) <= limit.max:
            return clean
        shorten = cut_start if limit.overflow == "cut_start" else cut
        sent = shorten(clean, limit.max)
        self.tell("text_cut", original=text, sent=sent)
        if limit.overflow == "cut_start":
            other = self._numbers.setdefault(sent, text)
            if other != text:
                self.tell("numbers_alike", original=text, other=other, sent=sent)
        return sent

    def _fit_code(self, role: Role, code: str) -> str:
        if not code:
            return ""
        limit = self._format.limits.get(role)
        mapped = self._journals.get(code, code) if role == "journal" else code
        clean = self._charset.fit(mapped.translate(self._forbidden) if self._forbidden else mapped)
        if clean != mapped or (limit and limit.characters and not compile_pattern(limit.characters).fullmatch(clean)):
            self.tell("code_characters", code=code)
            return clean
        sent = self._within(role, code, clean, limit) if limit else clean
        self._look_for_collision(role, code, sent, limit)
        return sent

    def _within(self, role: Role, code: str, clean: str, limit: RoleLimit) -> str:
        if len(clean) <= limit.max:
            return clean
        sent = clean[: limit.max]
        if limit.overflow == "cut_after_collision_check":
            self.tell("code_cut", code=code, sent=sent)
        else:
            finding = TOO_LONG.get(role, "code_too_long")
            self.tell(finding, code=code, sent=clean, length=str(len(clean)), max=str(limit.max), example=sent)
        return sent

    def _look_for_collision(self, role: Role, code: str, sent: str, limit: RoleLimit | None) -> None:
        other = self._sent.setdefault((role, sent), code)
        if other != code:
            if role == "journal":
                self.tell("journals_collide", code=code, other=other, sent=sent)
            else:
                most = str(limit.max) if limit else str(len(sent))
                self.tell("codes_collide", code=code, other=other, sent=sent, max=most)
