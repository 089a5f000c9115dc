"""Settings are documented from their types, and services find those that they need."""

from pathlib import Path

import pytest

from local_stack.env_example import check_environment, render, settings_of, variables
from local_stack.ports import USUAL
from local_stack.services import SERVICES, ServiceSpec, Surroundings
from local_stack.settings import PROJECT

SURROUNDINGS = Surroundings(
    kafka="127.0.0.1:9092",
    postgres_admin_url="postgres://postgres:secret@127.0.0.1:5432/qontable",
    storage_url="file:///storage",
    gateway_keys=Path("/keys.json"),
    ports=USUAL,
)


def test_the_example_file_is_what_the_types_say() -> None:
    assert (PROJECT / ".env.example").read_text() == render(), "run: make settings"


@pytest.mark.parametrize("spec", SERVICES, ids=lambda spec: spec.name)
def test_a_service_of_the_local_stack_starts_with_the_settings_it_is_given(spec: ServiceSpec) -> None:
    check_environment(spec.name, SURROUNDINGS.environment(spec))


@pytest.mark.parametrize("spec", SERVICES, ids=lambda spec: spec.name)
def test_every_setting_says_what_it_is_for(spec: ServiceSpec) -> None:
    silent = [
        variable
        for settings in settings_of(spec.name)
        for variable, field in variables(settings).items()
        if not field.description
    ]
    assert silent == []
