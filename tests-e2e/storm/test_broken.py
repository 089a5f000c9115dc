"""The storm finds what it is there to find: a system robbed of one protection does not come through.

`make storm-broken` runs them; `make test` sees that what they take is there to be taken, and that the judge finds what
is planted after the small storm (`planted.py`).
"""

import sys
from pathlib import Path
from subprocess import run

from .broken import ROBBERIES
from .robbed import STORMS


def test_every_robbery_has_its_storm() -> None:
    assert STORMS.keys() == ROBBERIES.keys()


def test_each_robbery_takes_something_that_is_there() -> None:
    """In a process of its own, which is not fit for anything else afterwards."""
    rob = "from broken import ROBBERIES; [robbery.take() for robbery in ROBBERIES.values()]"
    done = run([sys.executable, "-c", rob], cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
