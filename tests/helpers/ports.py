"""Ports for servers of a test's own."""

import random
import socket

# Below those that any system gives to connections, one of which would soon take a free port.
SERVERS = range(20_000, 32_768)


def free_port() -> int:
    """A port that nobody listens on, and that no connection is given until a server has it."""
    for port in random.SystemRandom().sample(SERVERS, len(SERVERS)):
        with socket.socket() as free:
            try:
                free.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"every port of {SERVERS} is taken")
