"""What a person is told about a machine that lacks something."""

import json

import pytest
from typer.testing import CliRunner

from local_stack import doctor
from local_stack.doctor import Finding, app


def test_a_missing_java_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    said = CliRunner().invoke(app, ["--json"])
    findings = {finding["subject"]: finding for finding in json.loads(said.stdout)}
    assert said.exit_code == 1
    assert findings["Java"]["mend"] == "apt-get install openjdk-17-jre-headless"


def test_a_stack_whose_supervisor_was_killed_is_named_with_the_command_that_clears_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("stacks")
    (folder / "trial").mkdir()
    (folder / "trial" / "state.json").write_text(
        json.dumps({"stack": "trial", "supervisor": {"pid": 1, "started": 1.0}, "phase": "ready", "parts": {}})
    )
    monkeypatch.setenv("QONTABLE_STACK", "trial")
    monkeypatch.setenv("QONTABLE_LOCAL_FOLDER", str(folder))
    said = CliRunner().invoke(app, [])
    assert "qontable local down" in said.stdout


def test_nothing_to_mend_is_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (lambda: Finding("Java", "17"),))
    assert CliRunner().invoke(app, []).exit_code == 0
