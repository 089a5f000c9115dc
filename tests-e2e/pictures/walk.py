"""Walks the pages as an accountant would, takes their pictures, and has axe look at every one of them.

`make pictures` runs it beside a local stack, LOOKS=fr-laptop,en-phone in some looks only. Pictures go to
`docs/pictures`; the exit status is 1 when axe finds anything or a page is wider than its window, 0 when not.
"""

import asyncio
import os
import sys

import httpx
from connecting import activation, connect, mapping, sign_in
from looking import LOOKS, PICTURES, Walk, opened
from town import Town
from working import ailing, entries, live, reference, refresh, synchronize

from qontable.addresses import Addresses, read_addresses
from sandbox.app.systems import open_systems
from sandbox.entrypoints.console import watching


async def walk(walk: Walk, token: str) -> None:
    """From the first sign-in to an integration that is disabled and enabled again, with what goes wrong on the way."""
    root = f"/files/{walk.town.file_id}"
    await sign_in(walk, token)
    connection = await connect(walk)
    await mapping(walk, connection)
    await walk.town.publish_backlog()
    await walk.until("#tabs a[href$='tab=ready'] .count:not(:text-is('0'))", f"{root}?tab=ready")
    await activation(walk, connection)
    await live(walk, root)
    await entries(walk, root)
    await synchronize(walk, connection, root)
    await refresh(walk, root)
    await reference(walk, root)
    await walk.see("status", connection)
    await walk.see("integrations", "/integrations")
    await walk.see("files", "/files")
    await ailing(walk, connection, root)
    await walk.see("not-there", "/nowhere")


async def first_token(addresses: Addresses, firm_id: str) -> str:
    """A token of the firm's first administrator, as the platform gets it."""
    async with httpx.AsyncClient(base_url=addresses.http["hub"]) as client:
        headers = {"Authorization": f"Bearer {addresses.platform_secret}"}
        answer = await client.post(f"/v1/firms/{firm_id}/tokens", json={}, headers=headers)
        answer.raise_for_status()
        token: str = answer.json()["token"]
        return token


async def main() -> int:
    """The whole way in every look, each as a firm of its own; the exit status."""
    addresses: Addresses = read_addresses()
    PICTURES.mkdir(parents=True, exist_ok=True)
    findings: list[str] = []
    with watching() as progress:
        async with open_systems(addresses) as systems:
            for look in os.environ.get("LOOKS", ",".join(LOOKS)).split(","):
                town = Town(systems, progress)
                await town.build()
                async with opened(look) as page:
                    here = Walk(addresses.http["hub"], look, page, town, findings)
                    await walk(here, await first_token(addresses, town.firm_id))
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings on {len(list(PICTURES.glob('*.png')))} pictures")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
