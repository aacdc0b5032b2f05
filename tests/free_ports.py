"""Ports for servers that tests start: none that the kernel gives to somebody else between the choice and the start."""

import os
import socket
from itertools import count

BELOW_EPHEMERAL = range(10_000, 32_000)
"""What the kernel never takes by itself for a connection that goes out, or for who asks for any port."""
_tried = count(os.getpid() * 61)
"""Each process goes on from where it was, and begins somewhere else than its neighbours."""


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    while True:
        port = BELOW_EPHEMERAL[next(_tried) % len(BELOW_EPHEMERAL)]
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
