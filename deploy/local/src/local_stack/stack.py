"""A stack's place on disk: everything of one stack lies below one folder, so two stacks never meet."""

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_stack.settings import LocalSettings


@dataclass(frozen=True, slots=True)
class Stack:
    """The names of a stack's files. `throwaway` ones trade durability for speed and use random ports only."""

    name: str
    folder: Path
    throwaway: bool = False
    kafka_heap: str = "512m"
    fixed_ports: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_settings(cls, settings: LocalSettings) -> "Stack":
        """The stack that the environment names."""
        return cls(
            settings.stack,
            settings.local_folder.resolve() / settings.stack,
            kafka_heap=settings.kafka_heap,
            fixed_ports=settings.ports,
        )

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def kafka_data(self) -> Path:
        return self.folder / "kafka"

    @property
    def postgres_data(self) -> Path:
        return self.folder / "postgres"

    @property
    def storage(self) -> Path:
        return self.folder / "storage"

    @property
    def state_file(self) -> Path:
        return self.folder / "state.json"

    @property
    def addresses_file(self) -> Path:
        return self.folder / "addresses.json"

    @property
    def ports_file(self) -> Path:
        return self.folder / "ports.json"

    @property
    def gateway_keys(self) -> Path:
        return self.folder / "gateway-keys.json"

    @property
    def lock_file(self) -> Path:
        """Held by whoever starts or stops the stack; beside the folder, which `reset` removes."""
        return self.folder.with_name(f".{self.folder.name}.lock")

    def create(self) -> None:
        """Make the folders, and begin new logs; those of the run before stay beside them."""
        for folder in (self.folder, self.logs, self.storage):
            folder.mkdir(parents=True, exist_ok=True)
        for log in self.logs.glob("*.log"):
            log.replace(log.with_suffix(".log.before"))

    def admin_password(self) -> str:
        """The database superuser's password, made once and readable by its owner only."""
        file = self.folder / "postgres-password"
        if not file.exists():
            write_whole(file, secrets.token_urlsafe(24))
        return file.read_text(encoding="utf-8")


def all_stacks(settings: LocalSettings) -> list[Stack]:
    """Every stack that has a folder, whether it runs or not."""
    names = sorted(file.parent.name for file in settings.local_folder.glob("*/ports.json"))
    return [Stack.from_settings(settings.model_copy(update={"stack": name})) for name in names]


def write_whole(file: Path, content: str) -> None:
    """Replace a file's content in one step, readable by its owner only: readers see the old text or the new."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(content, encoding="utf-8")
    fresh.replace(file)


def write_json(file: Path, content: Any) -> None:
    """Like `write_whole`, as JSON that people can read."""
    write_whole(file, json.dumps(content, indent=2) + "\n")
