"""The main job as `make demo` runs it, small: all is booked once, and what came back was mended."""

import json
from collections import Counter

import pytest

from local_stack.connectors import connectors

from .system import System

ENTRIES = 60


@pytest.mark.parametrize("connector", connectors())
async def test_the_demo_books_a_year_and_mends_what_came_back(system: System, connector: str) -> None:
    status, output = await system.run("demo", "--connector", connector, "--entries", str(ENTRIES), "--json")
    assert status == 0, output
    report = json.loads(output)
    assert report["failures"] == []
    assert Counter(item["said_by"] for item in report["returned"]) == {"pre-flight": 4, "software": 4}
    assert all(item["words"] and item["remedy"] and item["mended"] for item in report["returned"])
    assert sum(report["kinds"].values()) == ENTRIES
    verdict = report["verdict"]
    assert verdict["clean"]
    assert verdict["entries"] == ENTRIES
    assert verdict["accounts"] == verdict["published"]["accounts"]
    assert verdict["documents"] == verdict["published"]["documents"] < ENTRIES
    assert [verdict[name] for name in ("lost", "doubled", "altered", "unexpected", "refused")] == [[]] * 5
