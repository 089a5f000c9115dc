"""The article that a user reads before connecting a software, rendered from its data sheet. Pure: sheet to Markdown."""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from qontable.bilingual import Bilingual
from qontable.figures import write_quoted
from qontable.sheet import ErrorRule, Evidence, Fact, Limit, Point, Sheet

LANGUAGES = ("en", "fr")
MEGABYTE = 1024 * 1024


class NoWords(LookupError):
    """A capability without a name that people can read; its sheet has to give it a `label`."""


@cache
def words() -> dict[str, dict[str, Bilingual]]:
    """The words that all articles share."""
    content = tomllib.loads(Path(__file__).with_name("article.toml").read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, dict[str, Bilingual]]).validate_python(content)


def file_name(connector: str, language: str) -> str:
    """The article's file in `docs/connectors`."""
    return f"{connector}.md" if language == "en" else f"{connector}.{language}.md"


def article(sheet: Sheet, language: str) -> str:
    """The article in one language. Raises `NoWords`."""
    return _Article(sheet, language).text()


class _Article:
    """One article in one language."""

    def __init__(self, sheet: Sheet, language: str) -> None:
        self._sheet = sheet
        self._language = language

    def text(self) -> str:
        return "\n".join(self._parts()) + "\n"

    def _parts(self) -> Iterator[str]:
        sheet = self._sheet
        other = file_name(sheet.connector, next(name for name in LANGUAGES if name != self._language))
        yield f"# {sheet.name}\n"
        yield f"> {self._said('titles', 'intro').format(version=sheet.version)}"
        yield f"> {self._said('titles', 'other').format(file=other)}\n"
        yield f"{self._said('titles', 'marks')}\n"
        told = sheet.article
        if told:
            yield from self._points("prepare", told.prepare)
        yield from self._table("prerequisites", ("what", "tested", "remedy", "known"), self._prerequisites())
        if told:
            yield from self._points("activate", told.activate, numbered=True)
        yield from self._table("wizard", ("field", "where", "shown"), self._wizard())
        if told:
            yield from self._points("rules", told.rules)
        yield from self._table("limits", ("what", "most", "beyond", "known", "source"), self._limits())
        yield from self._table("accounts", ("what", ""), self._accounts())
        yield f"{self._known(sheet.accounts.evidence)}: {sheet.accounts.source}\n"
        yield from self._table("capabilities", ("what", "", "known", "source"), self._capabilities())
        yield from self._table("errors", ("answer", "becomes", "remedy", "known"), self._errors())
        yield from self._table("untested", ("scenario", "reason"), self._untested())

    def _said(self, section: str, name: str) -> str:
        found: Bilingual = words()[section][name]
        return self._told(found)

    def _told(self, text: Bilingual) -> str:
        return text[self._language]  # type: ignore[index]

    def _points(self, title: str, points: Sequence[Point], *, numbered: bool = False) -> Iterator[str]:
        if not points:
            return
        yield f"## {self._said('titles', title)}\n"
        for number, point in enumerate(points, start=1):
            mark = f"{number}." if numbered else "*"
            yield f"{mark} {self._told(point.text)} ({self._known(point.evidence)}: {point.source})"
        yield ""

    def _table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
        lines = [" | ".join(_cell(cell) for cell in row) for row in rows]
        if not lines:
            return
        yield f"## {self._said('titles', title)}\n"
        yield f"| {' | '.join(self._said('columns', name) if name else '' for name in columns)} |"
        yield f"|{'---|' * len(columns)}"
        yield from (f"| {line} |" for line in lines)
        yield ""

    def _known(self, evidence: Evidence) -> str:
        return self._said("evidence", evidence)

    def _prerequisites(self) -> Iterator[Sequence[str]]:
        for item in self._sheet.prerequisites:
            tested = f"`{item.tested_by}`" if item.tested_by else self._said("values", "eyes")
            yield self._told(item.label), tested, self._told(item.remedy), self._known(item.evidence)

    def _wizard(self) -> Iterator[Sequence[str]]:
        for field in self._sheet.wizard:
            shown = self._said("values", "no" if field.secret else "yes")
            yield self._told(field.label), self._told(field.help), shown

    def _limits(self) -> Iterator[Sequence[str]]:
        limits, documents = self._sheet.limits, self._sheet.documents
        named: list[tuple[str, Limit | None]] = [("label", limits.label)]
        named += [(f"label_of_{kind}", limit) for kind, limit in limits.label_by_kind.items()]
        named += [(name, getattr(limits, name)) for name in ("account", "subsidiary", "piece", "invoice_number")]
        for name, limit in named:
            if limit:
                yield self._limit(name, "characters", limit.max, limit.overflow, limit.evidence, limit.source)
        if limits.lines:
            lines = limits.lines
            yield self._limit("lines", "lines", lines.max, lines.overflow, lines.evidence, lines.source)
        rules = (documents.evidence, documents.source)
        yield self._limit("document_bytes", "bytes", documents.max_bytes / MEGABYTE, "refuse", *rules)
        if documents.max_count is not None:
            yield self._limit("document_count", "count", documents.max_count, "refuse", *rules)
        yield self._limit("document_name", "characters", documents.max_name, "cut", *rules)

    def _limit(
        self, name: str, unit: str, most: float, overflow: str, evidence: Evidence, source: str
    ) -> Sequence[str]:
        amount = self._said("values", unit).format(n=f"{most:g}")
        return self._said("facts", name), amount, self._said("overflow", overflow), self._known(evidence), source

    def _accounts(self) -> Iterator[Sequence[str]]:
        rules = self._sheet.accounts
        if rules.named_by:
            yield self._said("facts", "named_by"), self._said("named_by", rules.named_by)
        if rules.form:
            yield self._said("facts", "subsidiary"), self._told(rules.form)
        if rules.subsidiary_roots:
            yield self._said("facts", "subsidiary_roots"), ", ".join(rules.subsidiary_roots)
        yield self._said("facts", "missing_subsidiary"), self._said("missing", rules.missing_subsidiary)
        yield self._said("facts", "missing_account"), self._said("missing", rules.missing_account)

    def _capabilities(self) -> Iterator[Sequence[str]]:
        sheet = self._sheet
        often = ", ".join(self._said("frequencies", name) for name in sheet.frequencies)
        yield self._said("facts", "frequencies"), often, "", ""
        yield self._said("facts", "weekly_accounts"), self._value(sheet.weekly_accounts), "", ""
        throttle = sheet.throttle
        rate = self._said("throttle", "says").format(**throttle.model_dump())
        yield self._said("facts", "throttle"), rate, self._known(throttle.evidence), throttle.source
        known = {"settles_within": sheet.settles_within, "unique_references": sheet.unique_references}
        for name, fact in (known | sheet.capabilities).items():
            value = ". ".join([self._value(fact.value), *([self._told(fact.note)] if fact.note else [])])
            yield self._name(name, fact), value, self._known(fact.evidence), fact.source
        documents = sheet.documents
        alone = self._value(documents.resend_alone)
        yield self._said("facts", "resend_alone"), alone, self._known(documents.evidence), documents.source

    def _name(self, name: str, fact: Fact) -> str:
        if fact.label:
            return self._told(fact.label)
        try:
            return self._said("facts", name)
        except KeyError:
            raise NoWords(f"{self._sheet.connector}: capability {name} needs a label in fr and en") from None

    def _value(self, value: bool | float | str) -> str:  # noqa: FBT001 - a fact's value is one of these
        if isinstance(value, bool):
            return self._said("values", "yes" if value else "no")
        return value if isinstance(value, str) else f"{value:g}"

    def _errors(self) -> Iterator[Sequence[str]]:
        for rule in self._sheet.errors:
            answer = _answer(rule) or self._said("values", "any")
            yield answer, self._said("outcomes", rule.outcome), self._told(rule.remedy), self._known(rule.evidence)

    def _untested(self) -> Iterator[Sequence[str]]:
        yield from self._sheet.not_applicable.items()


def _answer(rule: ErrorRule) -> str:
    """The conditions of a row, each as it is written in the sheet."""
    conditions = [
        f"HTTP {', '.join(map(str, rule.status))}" if rule.status else "",
        f"`{rule.code}`" if rule.code else "",
        write_quoted(rule.text, "fr") if rule.text else "",
    ]
    return " ".join(filter(None, conditions))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
