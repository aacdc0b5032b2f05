"""Which ports a search may touch: a line in use is never disturbed."""

import argparse

from gateway.adapters.serial_ports import SerialPort, look_at, serial_ports
from gateway.technician.find.found import Trouble

SEARCHED_ALL_THE_SAME = "mini-uart"


def ports_of(args: argparse.Namespace) -> tuple[list[str], list[Trouble]]:
    """Give the ports to search, those named or all, and why others are not."""
    named = args.port is not None
    ports: list[str] = []
    troubles: list[Trouble] = []
    for port in [look_at(path) for path in args.port] if named else serial_ports():
        trouble = why_not(port, named=named)
        if trouble is not None:
            troubles.append(trouble)
        if trouble is None or trouble.code == SEARCHED_ALL_THE_SAME:
            ports.append(port.path)
    return list(dict.fromkeys(ports)), troubles


def why_not(port: SerialPort, *, named: bool) -> Trouble | None:
    """Say what stands in a port's way. A console that was named is searched: whoever named it took the prompt off."""
    if port.holder is not None:
        code = "held-by-gateway" if port.holder.is_gateway else "held"
        return Trouble(port.path, code, {"process": port.holder.process, "name": port.holder.name})
    if port.is_console and not named:
        return Trouble(port.path, "console")
    return Trouble(port.path, SEARCHED_ALL_THE_SAME) if port.has_no_parity else None
