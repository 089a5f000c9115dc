"""Settings are documented from their types, and services find those that they need."""

from pathlib import Path

import pytest

from local_stack.env_example import known_and_required, render, settings_of, variables
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
def test_a_service_of_the_local_stack_finds_every_setting_that_it_cannot_do_without(spec: ServiceSpec) -> None:
    known, required = known_and_required(spec.name)
    assert required <= set(SURROUNDINGS.environment(spec)) <= known


@pytest.mark.parametrize("spec", SERVICES, ids=lambda spec: spec.name)
def test_every_setting_says_what_it_is_for(spec: ServiceSpec) -> None:
    silent = [
        variable
        for settings in settings_of(spec.name)
        for variable, field in variables(settings).items()
        if not field.description
    ]
    assert silent == []
