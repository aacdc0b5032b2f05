"""`cardroom-gateway`: one command per job. Each is imported only when it is asked for, so that `decode` starts at once on a Pi."""

import argparse
import sys
from importlib import import_module

from gateway.technician.without_trace import quietly
from gateway.words import LANGUAGES, say, take_language

COMMANDS = {
    "run": "gateway.technician.run",
    "decode": "gateway.technician.decode",
    "lines": "gateway.technician.registry",
    "meters": "gateway.technician.registry",
    "read": "gateway.technician.read",
    "relay": "gateway.technician.relay",
    "config": "gateway.technician.config_check",
    "key": "gateway.technician.key",
    "status": "gateway.technician.status",
    "doctor": "gateway.technician.doctor",
    "trace": "gateway.technician.trace",
    "voucher": "gateway.technician.voucher",
    "approve-cuts": "gateway.technician.approve_cuts",
    "release": "gateway.technician.release",
    "emergency": "gateway.technician.emergency",
    "lock-out": "gateway.technician.lock_out",
    "swap": "gateway.technician.swap",
    "set-address": "gateway.technician.set_address",
    "resolve": "gateway.technician.resolve",
    "set-clock": "gateway.technician.set_clock",
    "explain": "gateway.technician.explain",
    "ledger": "gateway.technician.ledger",
    "outbox": "gateway.technician.outbox",
    "clock": "gateway.technician.clock",
    "logs": "gateway.technician.logs",
    "backup": "gateway.technician.backup",
    "restore": "gateway.technician.restore",
    "diag": "gateway.technician.diag",
    "find": "gateway.technician.find.command",
    "setup": "gateway.technician.setup.command",
    "renew": "gateway.technician.renew",
    "update": "gateway.technician.update",
    "commission": "gateway.technician.commission.command",
    "shadow": "gateway.technician.shadow.command",
}
"""Command to the module that has its `add_parser(subparsers)` and `run(args)`."""
SPARED = ("rich", "greenlet")
"""structlog loads them where they are installed, for traces on a terminal and for threads of another kind; the daemon writes JSON
from plain threads and would carry their 5 MB for weeks."""


def main() -> int:
    """Run one command; return its exit code."""
    return quietly(_command)


def _command() -> int:
    arguments = take_language(sys.argv[1:])
    parser = argparse.ArgumentParser(prog="cardroom-gateway", description=say("The building's gateway."))
    parser.add_argument("--lang", choices=LANGUAGES, help=say("language of the messages: en or zh"))
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    asked = next((word for word in arguments if not word.startswith("-")), None)
    if asked == "run":
        _spare_memory()
    modules = [COMMANDS[asked]] if asked in COMMANDS else dict.fromkeys(COMMANDS.values())
    for module in modules:
        import_module(module).add_parser(subparsers)
    args = parser.parse_args(arguments)
    return int(args.run(args))


def _spare_memory() -> None:
    """Load structlog as if SPARED were not installed; whoever else asks for it afterwards gets it."""
    spared = [name for name in SPARED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(spared))  # type: ignore[arg-type]
    import_module("structlog")
    for name in spared:
        del sys.modules[name]


if __name__ == "__main__":
    sys.exit(main())
