"""`docker-compose.yml` and the images, kept true without an engine."""

import re
from typing import Any

import pytest
import yaml

from local_stack.connectors import connector_settings, connectors
from local_stack.containers import KAFKA_IMAGE, POSTGRES_IMAGE
from local_stack.env_example import check_environment
from local_stack.postgres import SETTINGS
from local_stack.services import SERVICES
from local_stack.settings import PROJECT

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
DOCKERFILE = (PROJECT / "deploy/docker/Dockerfile").read_text()
SILENT = ("log_error_verbosity", "log_min_error_statement", "log_parameter_max_length")
OWN = [spec.name for spec in SERVICES]


def test_every_service_of_the_tree_is_in_it() -> None:
    tree = {module.parent.name for module in PROJECT.glob("services/*/src/*/__main__.py")}
    assert tree == set(OWN)
    assert tree <= set(COMPOSE)
    assert tree <= set(COMPOSE["provision"]["command"])


def test_every_connector_of_the_tree_has_its_topic_and_its_settings_in_it() -> None:
    command, environment = COMPOSE["provision"]["command"], COMPOSE["gateways"]["environment"]
    assert {word for word in command if word.startswith("--connector")} == {
        f"--connector={name}" for name in connectors()
    }
    given = {name for name in environment for connector in connectors() if name in connector_settings(connector)}
    assert given == {name for connector in connectors() for name in connector_settings(connector)}


@pytest.mark.parametrize("name", OWN)
def test_a_service_starts_with_the_settings_it_is_given(name: str) -> None:
    given = {variable: _default(str(value)) for variable, value in COMPOSE[name]["environment"].items()}
    check_environment(name, given)


@pytest.mark.parametrize("name", OWN)
def test_a_service_runs_without_rights_and_tells_whether_it_is_ready(name: str) -> None:
    service = COMPOSE[name]
    assert service["command"] == ["python", "-m", name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert "/ready" in service["healthcheck"]["test"][-1]
    assert service["depends_on"] == {"provision": {"condition": "service_completed_successfully"}}


def test_nothing_listens_beyond_this_machine() -> None:
    published = [port for service in COMPOSE.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_foreign_images_are_pinned_and_the_same_as_in_tests() -> None:
    foreign = {name: service["image"] for name, service in COMPOSE.items() if "build" not in service}
    assert foreign == {"kafka": KAFKA_IMAGE, "postgres": POSTGRES_IMAGE}
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert [base for base in bases if ":" in base] == ["python:3.11-slim-bookworm"]


def test_only_the_sandbox_and_the_job_before_the_start_use_the_image_that_has_the_sandbox() -> None:
    targets = {name: service["build"]["target"] for name, service in COMPOSE.items() if "build" in service}
    assert {name for name, target in targets.items() if target == "sandbox"} == {"sandbox", "provision"}
    assert DOCKERFILE.count("USER qontable") == 2


def test_the_databases_log_is_as_silent_as_on_this_machine() -> None:
    said = {word for word in COMPOSE["postgres"]["command"] if "=" in word}
    assert said == {f"{name}={SETTINGS[name]}" for name in SILENT}


@pytest.mark.parametrize("name", ["build", "service", "sandbox"])
def test_images_have_the_versions_that_tests_ran_with(name: str) -> None:
    tested = _pins("requirements.lock")
    assert _pins(f"deploy/docker/{name}.lock").items() <= tested.items()


def _default(value: str) -> str:
    """A value as compose makes it where no variable is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)


def _pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-zA-Z0-9._-]+)==([^\s\\;]+)", (PROJECT / lock).read_text(), re.MULTILINE))
