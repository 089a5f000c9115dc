"""Starts one service as a storm wants it: `python service.py NAME [--repeatable-references] [--without PART]`.

The services have no switch for any of this. Gateways get a data sheet whose times are seconds instead of minutes and a
retry plan to match, so that leases end and doubts are settled within the storm; `--without` robs a service of one of
its protections (`broken.py`), to see that the storm finds it.
"""

import argparse
import asyncio
import runpy
import sys
from datetime import timedelta
from pathlib import Path

REQUEST_SECONDS = 3.2
SETTLES_SECONDS = 4.0
LEASE_SECONDS = 8.0
RETRY_SECONDS = (0.5, 1, 2, 3, 5)


def main() -> None:
    """Run until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--repeatable-references", action="store_true")
    parser.add_argument("--without")
    given = parser.parse_args()
    if given.without:
        sys.path.insert(0, str(Path(__file__).parent))
        from broken import rob

        rob(given.name, given.without)
    if given.name == "gateways":
        asyncio.run(_run_gateway(unique=not given.repeatable_references))
    else:
        sys.argv = [given.name]
        runpy.run_module(given.name, run_name="__main__")


async def _run_gateway(*, unique: bool) -> None:
    from gateways.bootstrap import build
    from gateways.connectors import registry
    from gateways.domain.retry import RetryPlan
    from gateways.entrypoints.documents import serve_documents
    from gateways.settings import GatewaySettings
    from qontable.sheet import Sheet, load_sheet

    def quick_sheet(path: Path) -> Sheet:
        sheet = load_sheet(path)
        known = {"evidence": "documented", "source": "the stand-in keeps it"}
        return sheet.model_copy(
            update={
                "request_timeout": REQUEST_SECONDS,
                "settles_within": sheet.settles_within.model_copy(update={"value": SETTLES_SECONDS} | known),
                "unique_references": sheet.unique_references.model_copy(
                    update={"value": unique and bool(sheet.unique_references.value)} | known
                ),
            }
        )

    registry.load_sheet = quick_sheet
    plan = RetryPlan(
        steps=tuple(timedelta(seconds=pause) for pause in RETRY_SECONDS), ask_again_after=timedelta(seconds=1)
    )
    settings = GatewaySettings()
    service = await build(settings, plan=plan)
    serve_documents(service, settings)
    await service.run()


if __name__ == "__main__":
    main()
