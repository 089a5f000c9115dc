"""The pages about formats, rendered from their descriptions: `python -m exports.entrypoints.pages write|check`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from exports.domain.description import Description
from exports.formats.registry import SOFTWARES, descriptions
from qontable.flatfile.layout import Cell, Record

FOLDER = Path("docs/formats")
ENCODINGS = {
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252",
    "cp850": "CP850",
    "ascii": "ASCII",
    "iso8859-15": "ISO-8859-15",
}
SEPARATORS = {"\t": "tab", "\r\n": "line end"}
OVERFLOWS = {
    "cut": "shortened, and told",
    "cut_start": "its end is kept, and told; two that become alike are told too",
    "refuse": "stops the export",
    "map": "stops the export until the journal map says another code",
    "cut_after_collision_check": "shortened and told; two codes that become one stop the export",
}


def render(description: Description) -> str:
    """The page of one format, in Markdown."""
    return "\n".join(
        (
            f"# {description.title}",
            "",
            f"`--format {description.name}`. This page is rendered from `formats/{description.name}.toml`.",
            "",
            *_frame(description),
            *_limits(description),
            *_records(description),
            *_rules(description),
        )
    )


def _frame(description: Description) -> Iterator[str]:
    softwares = [software for software, names in SOFTWARES.items() if description.name in names]
    separator = description.separator
    mark = " with a byte order mark" if description.byte_order_mark else ""
    layout = f"fields separated by {SEPARATORS.get(separator, f'`{separator}`')}" if separator else "fixed width"
    rows = {
        "for": ", ".join(softwares) or "by its own name only",
        "file": f"`{description.file_name}`",
        "encoding": ENCODINGS[description.encoding] + mark,
        "line end": "CR LF" if description.line_end == "crlf" else "LF",
        "layout": layout,
        "negative amounts": "kept" if description.negative == "kept" else "turned to the other side",
        "lines without amount": "written" if description.zero_lines == "written" else "stop the export",
        "amounts in other currencies": "carried" if description.foreign else "not carried, told",
        "analytic shares": "carried" if description.analytic else "not carried, told",
    }
    yield from ("| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items()), "")
    if documents := description.documents:
        yield f"Documents: {documents.link}; names of at most {documents.name_max} characters"
        yield f"({documents.evidence}: {documents.source})."
        if documents.size_told:
            yield f"Larger than {documents.size_told / 1_000_000:.0f} MB they are told: not every software takes them."
        yield f"An archive holds at most {documents.archive_max / 2**30:.0f}"
        yield "GiB of documents: beyond, a zip needs an extension (ZIP64) that not every software reads (assumed)."
        yield ""


def _limits(description: Description) -> Iterator[str]:
    if not description.limits:
        return
    yield from ("## Limits", "", "| text | characters | beyond | known how |", "|---|---|---|---|")
    for role, limit in description.limits.items():
        known = f"{limit.evidence}: {limit.source}"
        yield f"| {role.replace('_', ' ')} | {limit.max} | {OVERFLOWS[limit.overflow]} | {known} |"
    yield ""


def _records(description: Description) -> Iterator[str]:
    for record in description.records:
        yield from (f"## Record: {record.name.replace('_', ' ')}", "", *_heading(record))
        for number, cell in enumerate(record.cells, start=1):
            yield _row(cell, number)
        yield ""


def _heading(record: Record) -> tuple[str, str]:
    place = "| at | width |" if record.fixed else "| # |"
    columns = f"{place} field | required | holds |"
    return columns, "|---" * (columns.count("|") - 1) + "|"


def _row(cell: Cell, number: int) -> str:
    place = f"| {cell.at} | {cell.width} |" if cell.at else f"| {number} |"
    holds = f"`{cell.text}`" if cell.text else "nothing" if cell.value is None else cell.value.replace("_", " ")
    form = "" if cell.form == "text" or cell.value is None else f", {cell.form.replace('_', ' ')}"
    empty = f", else `{cell.empty}`" if cell.empty else ""
    side = ", on the right" if cell.align == "right" else ""
    return f"{place} {cell.name} | {cell.required} | {holds}{form}{empty}{side} |".replace("`|`", "a bar")


def _rules(description: Description) -> Iterator[str]:
    if not description.rules:
        return
    yield from ("## Rules", "")
    for rule in description.rules:
        yield f"* {rule.text} ({rule.evidence}: {rule.source})"
    yield ""


def main(word: str) -> int:
    """Write the pages, or say which do not stand as they would be written."""
    pages = {FOLDER / f"{name}.md": render(description) for name, description in descriptions().items()}
    if word == "write":
        FOLDER.mkdir(parents=True, exist_ok=True)
        for path, text in pages.items():
            path.write_text(text, encoding="utf-8")
        return 0
    stale = [path for path, text in pages.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in (*stale, *sorted(set(FOLDER.glob("*.md")) - set(pages))):
        sys.stderr.write(f"{path} is not what its description says: run `make formats`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
