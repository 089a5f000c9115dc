"""`qontable exports check`: a FEC judged by article A47 A-1."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from exports.domain.fec_judge import judge_lines, judge_name
from exports.domain.fec_verdict import Breach, Severity, Verdict, rules
from qontable.bilingual import Language
from qontable.fec import FecRefused
from qontable.fec.problems import Findings
from qontable.fec.text import WINDOWS_1252, detect_encoding, read_lines
from qontable.fec.years import read_file_name

REFUSED = 1
MARKS: dict[Severity, str] = {"refused": "[red]refused[/red]", "warning": "[yellow]warning[/yellow]", "note": "note"}


def check(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The FEC to judge.")],
    language: Annotated[str, typer.Option(help="fr or en.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Judge a FEC by article A47 A-1 of the LPF; exit status 1 when it would be refused."""
    if language not in ("fr", "en"):
        raise typer.BadParameter("the rules are written in fr and en", param_hint="--language")
    verdict = judge(file)
    if as_json:
        typer.echo(orjson.dumps(_content(file, verdict), option=orjson.OPT_INDENT_2).decode())
    else:
        _print(file, verdict, "fr" if language == "fr" else "en")
    raise typer.Exit(REFUSED if verdict.refused else 0)


def judge(file: Path) -> Verdict:
    """The verdict on a file: its name, its bytes, its lines."""
    verdict = Verdict()
    judge_name(file.name, verdict)
    try:
        encoding = detect_encoding(file, Findings())
    except FecRefused as refused:
        verdict.add("encoding", refused.problems[0].line, detail=refused.problems[0].what)
        return verdict
    if encoding is WINDOWS_1252:
        verdict.add("encoding", 1, detail=encoding.name)
    judge_lines(read_lines(file, encoding), read_file_name(file.name).closing, verdict)
    return verdict


def _print(file: Path, verdict: Verdict, language: Language) -> None:
    console = Console()
    table = Table(show_lines=False)
    for column in ("", "line", "column", "what stands there", "rule"):
        table.add_column(column, overflow="fold")
    order: list[Severity] = ["refused", "warning", "note"]
    for breach in sorted(verdict.told, key=lambda breach: (order.index(breach.severity), breach.line)):
        table.add_row(*_row(breach, language))
    if verdict.told:
        console.print(table)
    for rule, count in verdict.counts.items():
        told = sum(breach.rule == rule for breach in verdict.told)
        if count > told:
            console.print(f"{rule}: {count - told} more")
    outcome = "would be refused" if verdict.refused else "conforms"
    console.print(f"{file.name}: {verdict.lines} lines, {verdict.entries} entries: {outcome}")


def _row(breach: Breach, language: Language) -> tuple[str, ...]:
    rule = rules()[breach.rule]
    return (
        MARKS[breach.severity],
        str(breach.line) if breach.line else "",
        breach.column,
        breach.detail,
        f"{rule.rule[language]} ({rule.source})",
    )


def _content(file: Path, verdict: Verdict) -> dict[str, Any]:
    return {
        "file": file.name,
        "refused": verdict.refused,
        "lines": verdict.lines,
        "entries": verdict.entries,
        "counts": dict(verdict.counts),
        "breaches": [
            {
                "rule": breach.rule,
                "severity": breach.severity,
                "line": breach.line,
                "column": breach.column,
                "detail": breach.detail,
                "text": rules()[breach.rule].rule,
                "source": rules()[breach.rule].source,
            }
            for breach in verdict.told
        ],
    }
