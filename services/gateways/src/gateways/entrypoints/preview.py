"""`qontable gateways preview`: what a book would become in a software, before anything is connected."""

import asyncio
import os
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from pydantic import ValidationError
from rich.console import Console, Group
from rich.highlighter import JSONHighlighter
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from gateways.adapters.input_book import read_book
from gateways.app.previewing import Call, Checked, Preview, check_book, preview
from gateways.connectors.registry import load_sheets
from gateways.domain.port import Connector
from qontable.bilingual import set_french_words
from qontable.entry import Finding
from qontable.events.reference import ReferenceRows
from qontable.fec import FecRefused
from qontable.findings import render, waits
from qontable.sheet import Sheet

REFUSED = 1
SHOWN = 20
PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}:,]|[^][{}:,"\s]+')
HASH = re.compile(r"/[0-9a-f]{64}$")
"""Ends what a document is called, which is also shown in the body."""
EMPTY = re.compile(r"([\[{])\s+([\]}])")


class Language(StrEnum):
    """In which findings and remedies are said."""

    FR = "fr"
    EN = "en"


WORDS = {
    "fr": set_french_words(
        {
            "returned": "revient",
            "waits": "attend",
            "leaves": "part",
            "refused": "refusée",
            "entry": "écriture",
            "journal": "journal",
            "date": "date",
            "amount": "montant",
            "becomes": "devient",
            "cut": "modifié",
            "line": "ligne {n}",
            "document": "pièce jointe {n}",
            "stands": "tient lieu de",
            "more": "… et {n} de plus ; --limit 0 les montre toutes",
            "summary": "{n} écritures : {leaves} partent, {waits} attendent, {returned} reviennent."
            " Rien n'a été envoyé.",
        }
    ),
    "en": {
        "returned": "returned",
        "waits": "waits",
        "leaves": "leaves",
        "refused": "refused",
        "entry": "entry",
        "journal": "journal",
        "date": "date",
        "amount": "amount",
        "becomes": "becomes",
        "cut": "changed",
        "line": "line {n}",
        "document": "document {n}",
        "stands": "stands for",
        "more": "… and {n} more; --limit 0 shows them all",
        "summary": "{n} entries: {leaves} leave, {waits} wait, {returned} come back. Nothing was sent.",
    },
}


def command(
    connector: Annotated[str, typer.Option(help="Accounting software that the book would go to.")],
    book: Annotated[
        Path, typer.Option("--input", exists=True, dir_okay=False, readable=True, help="A FEC, or a file of events.")
    ],
    reference: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            readable=True,
            help="JSON with the software's accounts, subsidiaries, journals and fiscal_years; by default what the book "
            "names exists and is open.",
        ),
    ] = None,
    language: Annotated[Language, typer.Option(help="Language of findings and remedies.")] = Language.EN,
    limit: Annotated[int, typer.Option(min=0, help="Most entries and requests shown; 0 for all.")] = SHOWN,
    as_json: Annotated[bool, typer.Option("--json", help="For programs; always everything.")] = False,
) -> None:
    """What the pre-flight finds in a book, and the exact requests that would book the rest. Nothing is sent."""
    sheets = load_sheets()
    if connector not in sheets:
        raise typer.BadParameter(f"no connector {connector}; there are {', '.join(sheets)}")
    made = _connector(sheets[connector])
    try:
        checked = check_book(made, read_book(book), _reference(reference))
    except FecRefused as refused:
        for problem in refused.problems:
            typer.echo(f"{book.name} cannot be read: {problem}", err=True)
        raise typer.Exit(REFUSED) from None
    found = asyncio.run(preview(made, checked))
    if as_json:
        typer.echo(orjson.dumps(_for_programs(found), option=orjson.OPT_INDENT_2).decode())
    else:
        _show(Console(), found, made.sheet, language.value, limit or None)
    raise typer.Exit(REFUSED if found.refused else 0)


def _connector(sheet: Sheet) -> Connector:
    """The connector, with words in place of settings that it lacks: what is never sent need not be secret."""
    build = import_module(f"gateways.connectors.{sheet.connector}").build
    try:
        return build(sheet)  # type: ignore[no-any-return]
    except ValidationError as error:
        for missing in error.errors():
            name = "_".join(str(part) for part in missing["loc"])
            os.environ[f"QONTABLE_{sheet.connector}_{name}".upper()] = "preview"
        return build(sheet)  # type: ignore[no-any-return]


def _reference(path: Path | None) -> ReferenceRows | None:
    if path is None:
        return None
    try:
        return ReferenceRows.model_validate_json(path.read_bytes())
    except ValidationError as error:
        where = "; ".join(".".join(map(str, item["loc"])) + ": " + item["msg"] for item in error.errors())
        raise typer.BadParameter(f"{path.name} holds no reference data: {where}") from None


def _verdict(item: Checked) -> str:
    if not item.findings:
        return "leaves"
    return "waits" if all(waits(finding) for finding in item.findings) else "returned"


def _show(console: Console, found: Preview, sheet: Sheet, language: str, most: int | None) -> None:
    words = WORDS[language]
    console.print(_heading(found, sheet, words))
    troubled = [item for item in found.checked if item.findings]
    for item in troubled[:most]:
        console.print(_trouble(item, language))
    _say_more(console, len(troubled), most, words)
    for call in found.calls[:most]:
        _show_request(console, call, found, words, language)
    _say_more(console, len(found.calls), most, words)
    verdicts = [_verdict(item) for item in found.checked]
    counts = {name: verdicts.count(name) for name in ("leaves", "waits", "returned")}
    console.print(Text(words["summary"].format(n=len(verdicts), **counts), style="bold"))


def _say_more(console: Console, count: int, most: int | None, words: dict[str, str]) -> None:
    if most is not None and count > most:
        console.print(words["more"].format(n=count - most))


STYLES = {"leaves": "green", "waits": "yellow", "returned": "red"}


def _heading(found: Preview, sheet: Sheet, words: dict[str, str]) -> Table:
    table = Table(title=sheet.name, title_justify="left", title_style="bold")
    for name in ("entry", "journal", "date", "amount", "becomes"):
        table.add_column(words[name], justify="right" if name == "amount" else "left", overflow="fold")
    for item in found.checked[:200]:
        content = item.content
        verdict = _verdict(item)
        amount = f"{item.entry.total:,.2f}".replace(",", " ") if item.entry else ""
        codes = ", ".join(dict.fromkeys(finding.code for finding in item.findings))
        told = Text(words[verdict], style=STYLES[verdict]).append(f" {codes}", style="dim")
        table.add_row(content.entry_id, content.journal.code, content.date, amount, told)
    return table


def _trouble(item: Checked, language: str) -> Panel:
    title = Text(item.content.entry_id, style="bold").append(f" {item.content.label}", style="not bold")
    return Panel(Group(*_findings(item.findings, language)), title=title, title_align="left", border_style="red")


def _findings(findings: tuple[Finding, ...], language: str) -> Iterator[Text | Padding]:
    for finding in findings:
        said = render(finding)
        within, _ = _place(said.where, WORDS[language])
        place = Text(f"{within}  " if within else "", style="dim")
        yield place.append(said.message[language], style="bold not dim")
        yield Padding(Text(f"→ {said.remedy[language]}"), (0, 0, 0, 2))


def _place(where: str, words: dict[str, str]) -> tuple[str, str]:
    """`lines.0.label` as people say it: `line 1`, and the field; the place alone where it is the entry's own."""
    kind, _, rest = where.partition(".")
    number, _, field = rest.partition(".")
    name = {"lines": "line", "documents": "document"}.get(kind)
    return (words[name].format(n=int(number) + 1), field) if name and number.isdecimal() else ("", where)


def _show_request(console: Console, call: Call, found: Preview, words: dict[str, str], language: str) -> None:
    console.print(Rule(f"{', '.join(call.entries)}", align="left", style="green"))
    if call.refused:
        console.print(Text(f"{words['refused']}: {call.refused.text}", style="bold red"))
        console.print(Padding(Text(f"→ {call.refused.remedy.get(language, '')}"), (0, 0, 0, 2)))
    for (original, sent), places in _cuts(call).items():
        told = Text(f"{words['cut']} ", style="yellow").append(f"{_places(places, words)}  ", style="dim")
        console.print(told.append(original).append(" → ", style="yellow").append(sent))
    if call.method:
        console.print(Text(f"{call.method} {call.url}", style="bold"), soft_wrap=True)
    if call.body:
        console.print(_body(call.body), soft_wrap=True)  # a line's end belongs to the body: it may be copied from here
        for stands in _stand_ins(call.body, found, words):
            console.print(stands)


def _cuts(call: Call) -> dict[tuple[str, str], list[str]]:
    """What leaves otherwise than it came, with every place where it stands."""
    places: dict[tuple[str, str], list[str]] = {}
    for cut in call.cuts:
        places.setdefault((cut.original, cut.sent), []).append(cut.where)
    return places


def _places(places: Iterable[str], words: dict[str, str]) -> str:
    """`lines.0.label` and `lines.1.label` are one field on two lines."""
    named: dict[str, list[str]] = {}
    for place in places:
        within, field = _place(place, words)
        named.setdefault(field, []).extend([within] if within else [])
    return ", ".join(f"{field} ({', '.join(found)})" if found else field for field, found in named.items())


def _body(body: bytes) -> Text:
    """The body as it would leave, JSON on lines of its own."""
    text = body.decode("utf-8", "replace")
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return Text(text)
    return JSONHighlighter()(Text(indented(text)))


def indented(text: str) -> str:
    """JSON with line ends and indentation, every value spelt as it was: 100.00 stays 100.00."""
    depth, written = 0, []
    for piece in PIECE.findall(text):
        if piece in "]}":
            depth -= 1
        before = "\n" + "  " * depth if piece in "]}" else ""
        depth += piece in "[{"
        after = "\n" + "  " * depth if piece in "[{," else " " if piece == ":" else ""
        written.append(f"{before}{piece}{after}")
    return EMPTY.sub(r"\1\2", "".join(written))


def _stand_ins(body: bytes, found: Preview, words: dict[str, str]) -> Iterator[Text]:
    """What the ids mean that the software would have given; they differ in every software file."""
    text = body.decode("utf-8", "replace")
    for made, meant in found.ids.items():
        if made in text:
            yield Text(f"{made} {words['stands']} {HASH.sub('', meant)}", style="dim")


def _for_programs(found: Preview) -> dict[str, Any]:
    return {
        "entries": [
            {
                "entry_id": item.content.entry_id,
                "verdict": _verdict(item),
                "findings": [render(finding).model_dump() for finding in item.findings],
            }
            for item in found.checked
        ],
        "requests": [
            {
                "entries": call.entries,
                "method": call.method,
                "url": call.url,
                "body": call.body.decode("utf-8", "replace") if call.body else None,
                "cuts": [cut.model_dump() for cut in call.cuts],
                "refused": call.refused.model_dump() if call.refused else None,
            }
            for call in found.calls
        ],
        "ids": found.ids,
    }
