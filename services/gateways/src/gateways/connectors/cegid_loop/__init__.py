"""Cegid Loop, by its public API. Where its refusals become remedies: `sheet.toml`, section `[[errors]]`.

`mapping` makes the body of an import, `texts` what is cut for it, `search` finds an entry in the books, `reference`
reads accounts, third parties and journals, `api` is the wire, `client` is the connector that joins them.
"""

from gateways.connectors.cegid_loop.client import CegidLoop
from gateways.connectors.cegid_loop.settings import CegidLoopSettings
from gateways.domain.port import Connector
from qontable.sheet import Sheet


def build(sheet: Sheet) -> Connector:
    """The connector with the settings of this process. Raises `pydantic.ValidationError` naming a missing one."""
    settings = CegidLoopSettings()
    return CegidLoop(settings.applied_to(sheet), settings)
