"""Faults planted in a system that came through a storm clean: the judge finds each, so that its silence says something.

One of each word, each in another entry's or export's rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .eyes import Eyes
from .firms import Firm
from .judgement import judge

BOOKED = """
    select e.id, f.code from sandbox.booked_entries e join sandbox.software_files f on f.id = e.software_file_id
    where e.reference is not null order by e.id
"""
FAULTS: Mapping[str, str] = {
    "lost": f"""
        with entry as ({BOOKED} limit 1)
        delete from sandbox.booked_entries b using entry where b.id = entry.id returning entry.code
    """,
    "doubled": f"""
        with entry as ({BOOKED} offset 1 limit 1), copy as (
            insert into sandbox.booked_entries
                (software_file_id, pending, reference, unique_reference, journal_id, date, metadata, comment, label)
            select software_file_id, pending, reference, false, journal_id, date, metadata, comment, label
            from sandbox.booked_entries where id = (select id from entry) returning id
        ), lines as (
            insert into sandbox.booked_lines
                (entry_id, number, account_id, label, debit, credit, due_date, piece, currency, analytic)
            select copy.id, number, account_id, label, debit, credit, due_date, piece, currency, analytic
            from sandbox.booked_lines cross join copy where entry_id = (select id from entry)
        )
        select code from entry
    """,
    "altered": f"""
        with entry as ({BOOKED} offset 2 limit 1)
        update sandbox.booked_lines l set debit = l.credit, credit = l.debit from entry
        where l.entry_id = entry.id returning entry.code
    """,
    "silent": """
        update sandbox.platform_entries set status_version = status_version - 1 where (file_id, entry_id) = (
            select file_id, entry_id from sandbox.platform_entries where status = 'synchronized'
            order by file_id, entry_id limit 1
        ) returning entry_id
    """,
    "limbo": """
        update hub.export set state = 'requested'
        where export_id = (select export_id from hub.export order by export_id limit 1) returning export_id
    """,
}
"""By the word as which it must be found: what goes wrong, and what the finding must name."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault, by what its finding must name, and what was found as its word."""

    word: str
    named: str
    found: list[str]

    @property
    def seen(self) -> bool:
        """Whether the judge found it, and nothing else under this word."""
        return len(self.found) == 1 and self.named in self.found[0]


async def plant_and_judge(eyes: Eyes, firms: list[Firm], kafka: str) -> list[Planted]:
    """Do every wrong once, then judge again."""
    named = {word: str(await eyes.value(fault)) for word, fault in FAULTS.items()}
    judgement = await judge(eyes, firms, kafka)
    return [Planted(word, name, getattr(judgement, word)) for word, name in named.items()]
