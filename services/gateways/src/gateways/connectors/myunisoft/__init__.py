"""MyUnisoft, by its partner API. Where its refusals become remedies: `sheet.toml`, section `[[errors]]`.

`mapping` makes the body of an entry, `directory` finds the ids that the body needs, `reference` reads accounts,
journals and fiscal years, `api` is the wire, `client` is the connector that joins them.
"""

from gateways.connectors.myunisoft.client import MyUnisoft
from gateways.connectors.myunisoft.settings import MyUnisoftSettings
from gateways.domain.port import Connector
from qontable.sheet import Sheet


def build(sheet: Sheet) -> Connector:
    """The connector with the settings of this process. Raises `pydantic.ValidationError` naming a missing one."""
    return MyUnisoft(sheet, MyUnisoftSettings())
