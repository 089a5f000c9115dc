"""Texts and codes as a format takes them. Whatever is altered is told, and what must not be altered stops the export.

A code is never shortened silently: a journal needs a map, an account is refused or, where the format declares it,
shortened after looking whether two would become one (export rules 2 and 3 of the facts, section 21).
"""

from collections.abc import Mapping
from functools import partial
from re import compile as compile_pattern

from exports.domain.description import Description, Role, RoleLimit
from exports.domain.findings import Findings
from qontable.cutting import cut
from qontable.flatfile.charset import UNKNOWN, Charset

MOST_REMEMBERED = 200_000


class Fitting:
    """Makes every text and code of one export fit. `where` of a finding is set with `about`, entry by entry."""

    def __init__(self, format_: Description, journals: Mapping[str, str], findings: Findings) -> None:
        self._format = format_
        self._journals = journals
        self._findings = findings
        self._charset = Charset(format_.encoding)
        self._forbidden = str.maketrans(dict.fromkeys(format_.forbidden, " "))
        self._where = ""
        self._texts: dict[tuple[Role, str], str] = {}
        self._codes: dict[tuple[Role, str], str] = {}
        self._sent: dict[tuple[Role, str], str] = {}

    def about(self, where: str) -> None:
        """Whatever is found from now on is about this entry."""
        self._where = where

    def text(self, role: Role, text: str) -> str:
        """A text of this role: without characters that the file cannot hold, within its limit."""
        known = self._texts.get((role, text))
        if known is None:
            known = self._fit_text(role, text)
            if len(self._texts) >= MOST_REMEMBERED:
                self._texts.clear()
            if known == text:
                self._texts[role, text] = known
        return known

    def code(self, role: Role, code: str) -> str:
        """A code of this role, the software's own spelling for a mapped journal."""
        known = self._codes.get((role, code))
        if known is None:
            known = self._codes[role, code] = self._fit_code(role, code) if code else ""
        return known

    def tell(self, finding: str, /, **values: str) -> None:
        """A finding about the entry that is being written."""
        self._findings.add(finding, self._where, **values)

    def _fit_text(self, role: Role, text: str) -> str:
        clean = self._charset.fit(text.translate(self._forbidden) if self._forbidden else text)
        if clean != text:
            lost = clean.strip(f"{UNKNOWN} ") == "" and text.strip() != ""
            self.tell("text_lost" if lost else "text_replaced", original=text, sent=clean)
        limit = self._format.limits.get(role)
        if limit is None or len(clean) <= limit.max:
            return clean
        sent = cut(clean, limit.max)
        self.tell("text_cut", original=text, sent=sent)
        return sent

    def _fit_code(self, role: Role, code: str) -> str:
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
        tell = partial(self.tell, code=code, length=str(len(clean)), max=str(limit.max))
        if role == "journal":
            tell("journal_needs_map", example=clean[: limit.max])
        elif limit.overflow == "cut_after_collision_check":
            self.tell("code_cut", code=code, sent=clean[: limit.max])
        else:
            tell("code_too_long")
        return clean[: limit.max]

    def _look_for_collision(self, role: Role, code: str, sent: str, limit: RoleLimit | None) -> None:
        other = self._sent.setdefault((role, sent), code)
        if other != code:
            if role == "journal":
                self.tell("journals_collide", code=code, other=other, sent=sent)
            else:
                most = str(limit.max) if limit else str(len(sent))
                self.tell("codes_collide", code=code, other=other, sent=sent, max=most)
