"""Every setting of the house as a file to copy, written from the types that read them.

`python -m local_stack.env_example` prints it; `make settings` writes `.env.example`, and a test keeps it up to date.
"""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from inspect import getmembers, isclass
from json import dumps
from textwrap import wrap

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from local_stack.services import SERVICES
from local_stack.settings import PROJECT, LocalSettings
from qontable.settings import Settings

HEAD = """\
# Settings of Qontable Sync. Copy to `.env` what is to differ from the value shown; the environment wins over the file.
# The local stack sets what has no value here by itself.
"""


def render() -> str:
    """The whole file."""
    sections: list[tuple[str, type[BaseSettings], frozenset[str]]] = [
        ("The local stack", LocalSettings, frozenset()),
        ("Every service", Settings, frozenset()),
        *(
            (f"{spec.name}, beside those of every service", settings, frozenset(Settings.model_fields))
            for spec in SERVICES
            for settings in settings_of(spec.name)
        ),
    ]
    return HEAD + "".join(f"\n\n# ── {title}\n{''.join(_lines(cls, known))}" for title, cls, known in sections)


def settings_of(package: str) -> Iterator[type[BaseSettings]]:
    """The settings classes of a package: those that its modules named `settings` define."""
    root = importlib.import_module(package)
    for module in pkgutil.walk_packages(root.__path__, f"{package}."):
        if module.name.endswith(".settings"):
            found = importlib.import_module(module.name)
            for _, member in getmembers(found, isclass):
                if issubclass(member, BaseSettings) and member.__module__ == module.name:
                    yield member


def variables(settings: type[BaseSettings]) -> dict[str, FieldInfo]:
    """The variables that a class reads."""
    return {variable: settings.model_fields[name] for name, variable in _names(settings).items()}


def check_environment(service: str, environment: dict[str, str]) -> None:
    """Raises what the service would stop with at its start, and `ValueError` for a variable that it does not read."""
    unread = set(environment)
    classes: list[type[BaseSettings]] = [Settings, *settings_of(service)]
    for settings in classes:
        read = {variable: name for name, variable in _names(settings).items()}
        settings.model_validate({read[name]: value for name, value in environment.items() if name in read})
        unread -= set(read)
    if unread:
        raise ValueError(f"{service} does not read {', '.join(sorted(unread))}")


def _names(settings: type[BaseSettings]) -> dict[str, str]:
    """Field name → variable."""
    prefix = settings.model_config.get("env_prefix", "")
    return {name: f"{prefix}{name}".upper() for name in settings.model_fields}


def _lines(settings: type[BaseSettings], known: frozenset[str]) -> Iterator[str]:
    for name, variable in _names(settings).items():
        if name in known:
            continue
        field = settings.model_fields[name]
        yield "\n"
        yield from (f"# {line}\n" for line in wrap(field.description or "", 116))
        yield f"# {variable}={_shown(field)}\n"


def _shown(field: FieldInfo) -> str:
    default = None if field.is_required() else field.get_default(call_default_factory=True, validated_data={})
    if default is None:
        return ""
    if isinstance(default, bool | dict | list):
        return dumps(default)
    return str(default).replace(f"{PROJECT}/", "")


if __name__ == "__main__":
    sys.stdout.write(render())
