"""The machine of `test_machine` over entries that leave together: jobs refused, broken off, unheard, at every boundary.

Here the software refuses no reference twice, and may book what it is sent at the end of its job, whatever its verdict.
"""

import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from gateways.domain import life
from gateways.domain.delivery import Delivery

from .house import dispatched_entry
from .importer import JOB_FATES, SHOWS, Importing, JobFate
from .software import make_sheet
from .test_machine import EXAMPLES, LONG, PAUSES, SHEETS, SLOTS, STEP_COUNTS, Machine, walk
from .untimely import SIGHTS, Sight
from .workshop import Bench, Workshop

TOGETHER = 4
BATCHES = max(EXAMPLES // 3, 10)
MUTANT_EXAMPLES = 200
ANY = {"evidence": "documented", "source": "test"}
REPEATABLE = ("takes a reference twice", "takes it twice, settles nobody knows when")


class Batches(Machine):
    """One file whose entries leave up to four at a time."""

    sheets = REPEATABLE

    @initialize(data=st.data(), guilty=st.sets(st.integers(min_value=0, max_value=TOGETHER - 1), max_size=2))
    def begin(self, data: st.DataObject, guilty: set[int]) -> None:
        made = make_sheet(
            request_timeout=20,
            throttle={"requests": 1, "seconds": 1, "concurrent": 1, **ANY},
            capabilities={
                "entries_per_call": {"value": TOGETHER, **ANY},
                "shows_within": {"value": SHOWS.total_seconds(), "evidence": "assumed", "source": "test"},
            },
            **SHEETS[data.draw(st.sampled_from(self.sheets))],
        )
        self.do(self.shop.clock.begin_again())
        self.shop.faults.clear()
        self.software: Importing = Importing(
            sheet=made, clock=self.shop.clock, guilty=frozenset(f"ent_{number}" for number in guilty)
        )
        self.bench = Bench(self.shop, self.software, name="importing")
        self.slots = {slot: f"{slot} {self.bench.connection_id}" for slot in SLOTS}
        self.do(self.bench.connect())
        for number in range(TOGETHER):
            self.dispatch(number)

    @rule(number=st.integers(min_value=0, max_value=TOGETHER - 1))
    def dispatch(self, number: int) -> None:
        """Entries dispatches an entry, perhaps once more, under the same delivery or, once it came back, another."""
        entry = f"ent_{number}"
        before = [event for event in self.said.values() if event.entry.entry_id == entry]
        stands = any(row["entry_id"] == entry and row["state"] not in ("rejected", "recalled") for row in self.rows())
        event = (
            before[-1]
            if before and (stands or len(before) > 2)
            else dispatched_entry(
                delivery_id=f"dlv_{self.bench.connection_id}_{entry}_{len(before)}",
                connection_id=self.bench.connection_id,
                file_id="fil_0",
                entry_id=entry,
                firm_id=self.bench.firm_id,
                connector=self.bench.connector,
                sequence=number,
            )
        )
        self.said[event.delivery_id] = event
        self.do(self.bench.dispatch(event))

    @rule(
        slot=st.sampled_from(SLOTS),
        fate=st.sampled_from(JOB_FATES),
        sight=st.sampled_from(SIGHTS),
        pause=st.sampled_from(PAUSES),
        steps=STEP_COUNTS,
    )
    def process_works(self, slot: str, fate: JobFate, sight: Sight, pause: int, steps: int | None) -> None:  # type: ignore[override]
        """A process takes the lane and works, until it is held still at some boundary or has nothing to do."""
        self.software.job_fate = fate
        super().process_works(slot, "accepted", sight, pause, steps)

    @rule(
        slot=st.sampled_from(SLOTS), sight=st.sampled_from(SIGHTS), fate=st.sampled_from(JOB_FATES), steps=STEP_COUNTS
    )
    def process_works_when_it_is_time(  # type: ignore[override]
        self, slot: str, sight: Sight, fate: JobFate, steps: int | None
    ) -> None:
        """The same once something is due."""
        self.time_passes_until_something_is_due()
        self.process_works(slot, fate, sight, 0, steps)

    def come_to_rest(self) -> None:
        """The guilty come back, alone; everybody else is booked, or waits for a person who says so."""
        self.software.job_fate = "done"
        super().come_to_rest()
        for row in self.rows():
            guilty = row["entry_id"] in self.software.guilty
            assert not (guilty and row["state"] == "confirmed"), f"{row['delivery_id']} is guilty and in the books"
            if row["state"] == "rejected" and row["message"]["category"] == "refused":
                assert row["batch"] in (None, 1), f"{row['delivery_id']} was blamed in company"


def test_entries_that_leave_together_are_booked_once_whatever_stops_where(shop: Workshop) -> None:
    machine = walk(shop, BATCHES, kind=Batches, sheets=REPEATABLE)
    sys.stdout.write(f"\n{BATCHES} examples; processes were held\n")
    for where, times in machine.held_at.most_common():
        sys.stdout.write(f"  {times:6} {where}\n")


def _a_verdict_says_what_was_booked(patch: pytest.MonkeyPatch) -> None:
    """What was refused together is divided at once, without looking for what the job booked before."""

    def divided(row: Delivery, refusal: Any, at: Any) -> Delivery:
        return life._divided(row, refusal, row.batch, at)

    patch.setattr(life, "_refused_together", divided)


def _one_absence_after_a_verdict_is_enough(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(life, "ABSENCES_NEEDED", 1)


MUTANTS = [_a_verdict_says_what_was_booked, *([_one_absence_after_a_verdict_is_enough] if LONG else [])]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda act: act.__name__.removeprefix("_"))
def test_the_machine_finds_batches_that_are_broken(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, mutant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        walk(shop, MUTANT_EXAMPLES, kind=Batches, sheets=REPEATABLE, phases=(Phase.generate,))
    shop.faults.clear()
