"""Bad input, line by line of its table; each line's test is named like it.

`test_records.py`: not JSON, not CloudEvents, undecodable headers, unknown type or version, over 1 MiB, wrong types, …
`test_entries.py`: unbalanced, no lines, both sides filled, … are returned; zero lines, 2,000 lines, emoji, … accepted
`test_repeats.py`: same `ce_id`, same revision, with another body; older after newer; undo before, between, after
`test_places.py`: an entry before its file, of a file that is not mapped, of another firm's, of an unknown firm
`test_accounting.py`: no fiscal year, a closed one, locked journal, unknown account, possible duplicate
`test_documents.py`: link expired, 404, redirecting, private, endless; document empty, of another type or hash, 200 MB
`test_commands.py`: missing file, folder for a file, empty, truncated, unbalanced, wrong option; `set-aside`
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from entries.adapters import links
from local_stack.backends import Backends
from local_stack.world import World, make_world

from ..house import House, open_house

DOCUMENT_SECONDS = 3.0
is_public = links._is_public


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bad_world(backends: Backends, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A world of this module's own: what is patched below must end with it."""
    async with make_world(backends, tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(bad_world: World) -> AsyncIterator[House]:
    """One entries service, which meets everything in a module and goes on.

    Of all private addresses it takes the test's own server's for a public one.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(links, "_is_public", lambda address: str(address) == "127.0.0.1" or is_public(address))
        settings = {"entries_allow_private_addresses": False, "entries_document_seconds": DOCUMENT_SECONDS}
        async with open_house(bad_world, **settings) as opened:
            yield opened
