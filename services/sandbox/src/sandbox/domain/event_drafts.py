"""Entries given as events, one JSON body of `entry.validated` a line, and the chart that they need."""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import orjson
from pydantic import ValidationError

from qontable.events.platform import EntryContent
from qontable.fec.chart import Chart, ChartSurvey
from qontable.fec.problems import Findings, Problem
from sandbox.domain.drafts import Draft
from sandbox.domain.seed import AxisSeed, SectionSeed

REMEDY = "Write one body of entry.validated a line, as its JSON Schema says."


def drafts_of_events(path: Path) -> Iterator[Draft]:
    """Every entry of the file in its order. Raises `FecRefused` with every line that is no such body.

    The entry's own id, journal and number name it; firm, file and revision are the platform's to give.
    """
    findings = Findings()
    seen: set[str] = set()
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            draft = _draft(number, line, findings) if line.strip() else None
            if draft is None:
                continue
            if draft.entry_id in seen:
                what = f"entry {draft.entry_id} stands in the file twice"
                findings.refuse(Problem(number, "entry_id", what, "Leave only what holds now; revisions follow."))
            seen.add(draft.entry_id or "")
            yield draft
    if not seen and not findings.count:
        findings.refuse(Problem(1, "", "the file holds no entry", REMEDY))
    findings.raise_if_refused()


def chart_of_drafts(drafts: Iterable[Draft]) -> Chart:
    """The accounts, subsidiaries, journals and fiscal years that these entries name; labels are the first ones."""
    survey = ChartSurvey(Findings())
    for draft in drafts:
        for line in draft.lines:
            third = line.subsidiary
            survey.add_line(line.account, line.account_label, third.code if third else "", third.label if third else "")
        accounts = {line.account for line in draft.lines}
        survey.add_entry(draft.journal.code, draft.journal.label, date.fromisoformat(draft.date), accounts)
    return survey.conclude(closing=None)


def axes_of_drafts(drafts: Iterable[Draft]) -> tuple[AxisSeed, ...]:
    """The analytic axes and sections that these entries name, by their codes."""
    axes: dict[str, dict[str, None]] = {}
    for draft in drafts:
        for share in (share for line in draft.lines for share in line.analytic):
            axes.setdefault(share.axis, {})[share.section] = None
    return tuple(
        AxisSeed(code=axis, label=axis, sections=tuple(SectionSeed(code=code, label=code) for code in sections))
        for axis, sections in axes.items()
    )


def _draft(number: int, line: bytes, findings: Findings) -> Draft | None:
    try:
        content = EntryContent.model_validate(orjson.loads(line))
        date.fromisoformat(content.date)
    except orjson.JSONDecodeError:
        findings.refuse(Problem(number, "", "the line is not JSON", REMEDY))
    except ValidationError as error:
        for item in error.errors():
            findings.refuse(Problem(number, ".".join(map(str, item["loc"])), item["msg"], REMEDY))
    except ValueError:
        findings.refuse(Problem(number, "date", "there is no such date", REMEDY))
    else:
        said = content.model_dump(mode="json", exclude={"firm_id", "file_id", "revision", "documents"})
        name = f"{content.entry_id}.pdf" if content.documents else None
        return Draft.model_validate(said | {"key": _key(content), "document_name": name})
    return None


def _key(content: EntryContent) -> str:
    return f"{content.journal.code}/{content.entry_id}"
