"""Pennylane, by its firm API v1. Where its refusals become remedies: `sheet.toml`, section `[[errors]]`.

`mapping` makes the body of an entry, `texts` its labels with the mark by which it is found again, `attachments` uploads
its document first, `directory` finds the ids that the body needs, `reference` reads accounts, journals and years,
`search` looks for an entry in the books, `access` has the token, `refusals` reads errors, `api` is the wire, `client`
joins them.
"""

from gateways.connectors.pennylane.client import Pennylane
from gateways.connectors.pennylane.settings import PennylaneSettings
from gateways.domain.port import Connector
from qontable.sheet import Sheet


def build(sheet: Sheet) -> Connector:
    """The connector with the settings of this process."""
    return Pennylane(sheet, PennylaneSettings())
