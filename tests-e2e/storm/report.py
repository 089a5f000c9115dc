"""What a storm was and what came of it, for people to read."""

from collections.abc import Iterator

from .judgement import WORDS
from .steps import ALL_STEPS
from .storm import Outcome

MOST_STORIES = 20


def report(outcome: Outcome) -> Iterator[str]:
    """Lines: what went wrong, where entries were then, what was done, and the judgement."""
    judgement, log = outcome.judgement, outcome.log
    yield f"storm: {outcome.order}"
    yield from log.lines
    yield ""
    yield "entries in each step when a part was killed, summed over all kills:"
    yield from (f"  {log.steps[step]:6} {step}" for step in ALL_STEPS)
    yield "kills: " + _told(log.killed)
    yield "faults of the software since its last start: " + _told(outcome.faults_struck)
    yield "people: " + _told(outcome.deeds)
    yield f"{outcome.evenings} entries woken by the evening, which came in the middle if the storm lasted so long"
    yield f"on the topics besides: {outcome.repeats} records again, {outcome.rubbish} of rubbish"
    yield "set aside: " + (_told(outcome.set_aside) or "nothing")
    yield f"{outcome.stormed:.0f} s of storm, quiet and judged after {outcome.seconds:.0f} s"
    yield (
        f"{len(outcome.published)} entries published: {judgement.booked} in the books, {judgement.returned} returned,"
        f" {judgement.open_differences} open differences; as the Hub shows them: {_told(judgement.states)}"
    )
    yield "import files: " + _told(outcome.exports)
    yield from judgement.faults
    yield from judgement.stories[:MOST_STORIES]
    yield "  ".join(f"{len(getattr(judgement, word))} {word}" for word in WORDS)
    if outcome.planted:
        yield "planted afterwards: " + ", ".join(
            f"{fault.word} {'found' if fault.seen else f'not found: {fault.found}'}" for fault in outcome.planted
        )


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
