"""What entries hold: every validated revision as the platform said it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from hub.adapters.batch import columns
from qontable.database import Connection as Db
from qontable.events.platform import EntryContent, EntryValidated

_STAMP = {"validated_by", "validated_at"}


class ValidatedContent(NamedTuple):
    """A revision's content, who validated it when, and the trace of its way if there is one."""

    content: EntryContent
    validated_by: str
    validated_at: datetime
    trace_id: str | None


async def keep_contents(db: Db, said: Sequence[tuple[EntryValidated, str | None]]) -> None:
    """Keep each revision once, with the accounts it names and its trace; the first that came stays, as in `entries`."""
    await db.execute(
        """
        insert into entry_content (firm_id, file_id, entry_id, revision, content, validated_by, validated_at, trace_id)
        select * from unnest(
            $1::text[], $2::text[], $3::text[], $4::integer[], $5::jsonb[], $6::text[], $7::timestamptz[], $8::text[]
        )
        on conflict do nothing
        """,
        *columns([_row(event, trace_id) for event, trace_id in said]),
    )
    if not (named := [row for event, _ in said for row in _accounts(event)]):
        return
    await db.execute(
        """
        insert into entry_account (firm_id, file_id, entry_id, revision, account)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::text[])
        on conflict do nothing
        """,
        *columns(named),
    )


async def find_content(db: Db, firm_id: str, file_id: str, entry_id: str, revision: int) -> ValidatedContent | None:
    """One revision, if it has arrived."""
    row = await db.fetchrow(
        """
        select content, validated_by, validated_at, trace_id from entry_content
        where firm_id = $1 and file_id = $2 and entry_id = $3 and revision = $4
        """,
        firm_id,
        file_id,
        entry_id,
        revision,
    )
    if row is None:
        return None
    content = EntryContent.model_validate(row["content"])
    return ValidatedContent(content, row["validated_by"], row["validated_at"], row["trace_id"])


def _row(event: EntryValidated, trace_id: str | None) -> tuple[object, ...]:
    """Without the links of documents: they are credentials for a while, and documents are shown as they were kept."""
    content = event.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=_STAMP)
    for document in content["documents"]:
        document["url"] = ""
    key = event.firm_id, event.file_id, event.entry_id, event.revision
    return *key, content, event.validated_by, event.validated_at, trace_id


def _accounts(event: EntryValidated) -> Iterator[tuple[object, ...]]:
    """A row for each account or third party's code that a line names."""
    named = {line.account for line in event.lines} | {line.subsidiary.code for line in event.lines if line.subsidiary}
    for account in sorted(named):
        yield event.firm_id, event.file_id, event.entry_id, event.revision, account
