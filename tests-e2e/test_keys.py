"""A firm's key, as stand-ins and benches make it up, fits the wizard of its connector."""

import pytest

from bench.vendors import vendor_of, vendors
from gateways.connectors.registry import load_sheets
from hub.domain.credentials import read_credentials
from sandbox.software.registry import rules_of

RANDOM = "0123456789abcdef" * 4


@pytest.mark.parametrize("connector", load_sheets())
def test_the_key_that_a_firm_types_into_the_wizard_is_taken(connector: str) -> None:
    typed = rules_of(connector).key.fields(RANDOM)
    assert read_credentials(load_sheets()[connector].wizard, typed).secrets


@pytest.mark.parametrize("connector", vendors())
def test_the_secrets_of_a_measured_firm_are_those_of_the_wizard(connector: str) -> None:
    sealed = vendor_of(connector).credentials("token-of-a-firm-that-is-measured")
    secret = {field.name for field in load_sheets()[connector].wizard if field.secret}
    assert sealed.keys() <= secret
