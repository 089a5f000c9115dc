"""Ports of a stack's parts: chosen once, recorded, and kept as long as nobody else has taken them."""

import json
import secrets
import socket
from collections.abc import Iterable

from local_stack.stack import Stack, write_json

HOST = "127.0.0.1"
USUAL = {
    "kafka": 8492,
    "kafka_controller": 8493,
    "postgres": 8432,
    "hub": 8400,
    "reference_data": 8401,
    "entries": 8402,
    "gateways": 8403,
    "exports": 8404,
    "sandbox": 8410,
}
"""Ports that a stack named `main` asks for first, so that addresses are the same every day."""
_FREE_RANGE = range(20_000, 32_000)
"""Below the range from which systems take ports for outgoing connections, which could take ours between two starts."""
_TRIES = 200


class NoFreePort(RuntimeError):
    """No port could be had."""


def choose_ports(stack: Stack, parts: Iterable[str]) -> dict[str, int]:
    """A port per part: the one settings name, else the recorded one, else the usual, else any that is free.

    Raises `NoFreePort` when a port that settings name is taken: whoever named it relies on it.
    """
    recorded: dict[str, int] = json.loads(stack.ports_file.read_text()) if stack.ports_file.exists() else {}
    chosen: dict[str, int] = {}
    for part in parts:
        if part in stack.fixed_ports:
            if not is_free(stack.fixed_ports[part]):
                raise NoFreePort(f"port {stack.fixed_ports[part]}, which the settings name for {part}, is taken")
            chosen[part] = stack.fixed_ports[part]
            continue
        wishes = [recorded[part]] if part in recorded else []
        if stack.name == "main" and not stack.throwaway:
            wishes.append(USUAL[part])
        chosen[part] = next((port for port in wishes if is_free(port)), 0) or free_port(chosen.values())
    write_json(stack.ports_file, recorded | chosen)
    return chosen


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(taken: Iterable[int] = ()) -> int:
    """A port that is free now and not among `taken`. Raises `NoFreePort`."""
    for _ in range(_TRIES):
        port = secrets.choice(_FREE_RANGE)
        if port not in taken and is_free(port):
            return port
    raise NoFreePort(f"no free port among {_TRIES} tried between {_FREE_RANGE.start} and {_FREE_RANGE.stop}")
