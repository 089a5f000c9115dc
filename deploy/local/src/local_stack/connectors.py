"""The connectors of the tree, and what gateways find of each in their environment on this machine.

A connector is a folder with a data sheet; one that needs nothing but the address of its stand-in needs no line here.
"""

from collections.abc import Mapping

from local_stack.settings import PROJECT

FOLDER = PROJECT / "services" / "gateways" / "src" / "gateways" / "connectors"
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "cegid_loop": {
        "QONTABLE_CEGID_LOOP_URL": "{sandbox_url}/cegid_loop/loop-api-publiques",
        "QONTABLE_CEGID_LOOP_SUBSCRIPTION_KEY": "{partner_secret}",
        "QONTABLE_CEGID_LOOP_IMPORT_RETRIED_SECONDS": "5",
    },
    "myunisoft": {
        "QONTABLE_MYUNISOFT_URL": "{sandbox_url}/myunisoft/api/v1",
        "QONTABLE_MYUNISOFT_PARTNER_SECRET": "{partner_secret}",
    },
}
"""By connector; `{sandbox_url}` is where the stand-ins are, `{partner_secret}` what both sides know of each other."""


def connectors() -> tuple[str, ...]:
    """Every connector of the tree."""
    return tuple(sorted(sheet.parent.name for sheet in FOLDER.glob("*/sheet.toml")))


def connector_settings(connector: str) -> Mapping[str, str]:
    """The variables of a connector, with places for values of the surroundings."""
    return SETTINGS.get(connector) or {f"QONTABLE_{connector.upper()}_URL": f"{{sandbox_url}}/{connector}"}
