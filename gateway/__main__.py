"""`cardroom-gateway`: one command per job. Each is imported only when it is asked for, so that `decode` starts at once on a Pi."""

import sys
from importlib import import_module

from gateway.technician.without_trace import NOT_DONE, quietly
from gateway.words import LANGUAGES, mark, say, take_language
from gateway.words.arguments import USAGE, Arguments, ByTask, no_command

TASKS = {
    mark("Set up a building, and prove it"): {
        "setup": "gateway.technician.setup.command",
        "find": "gateway.technician.find.command",
        "commission": "gateway.technician.commission.command",
        "shadow": "gateway.technician.shadow.command",
    },
    mark("Try one meter, without the daemon"): {
        "read": "gateway.technician.read",
        "relay": "gateway.technician.relay",
        "decode": "gateway.technician.decode",
    },
    mark("See how it runs"): {
        "status": "gateway.technician.status",
        "doctor": "gateway.technician.doctor",
        "explain": "gateway.technician.explain",
        "logs": "gateway.technician.logs",
        "clock": "gateway.technician.clock",
        "outbox": "gateway.technician.outbox",
        "ledger": "gateway.technician.ledger",
        "trace": "gateway.technician.trace",
    },
    mark("Put something right on site"): {
        "voucher": "gateway.technician.voucher",
        "emergency": "gateway.technician.emergency",
        "release": "gateway.technician.release",
        "approve-cuts": "gateway.technician.approve_cuts",
        "lock-out": "gateway.technician.lock_out",
        "resolve": "gateway.technician.resolve",
        "swap": "gateway.technician.swap",
        "software-control": "gateway.technician.software_control",
        "set-address": "gateway.technician.set_address",
        "set-clock": "gateway.technician.set_clock",
    },
    mark("Copies, versions, help from outside"): {
        "backup": "gateway.technician.backup",
        "restore": "gateway.technician.restore",
        "update": "gateway.technician.update",
        "diag": "gateway.technician.diag",
    },
    mark("The parts of a set-up"): {
        "lines": "gateway.technician.registry",
        "meters": "gateway.technician.registry",
        "config": "gateway.technician.config_check",
        "key": "gateway.technician.key",
        "renew": "gateway.technician.renew",
        "run": "gateway.technician.run",
    },
}
"""Task to its commands, each to the module that has its `add_parser(subparsers)` and `run(args)`; `--help` shows them so."""
COMMANDS = {command: module for commands in TASKS.values() for command, module in commands.items()}
SPARED = ("rich", "greenlet")
"""structlog loads them where they are installed, for traces on a terminal and for threads of another kind; the daemon writes JSON
from plain threads and would carry their 5 MB for weeks."""


class _Commands(ByTask):
    groups = TASKS


def main() -> int:
    """Run one command; return its exit code."""
    return quietly(_command)


def _command() -> int:
    arguments = take_language(sys.argv[1:])
    parser = Arguments(
        prog="cardroom-gateway", description=say("The building's gateway."), formatter_class=_Commands
    )
    parser.add_argument("--lang", choices=LANGUAGES, help=say("language of the messages: en or zh"))
    subparsers = parser.add_subparsers(
        title=say("commands; COMMAND --help explains one"), dest="command", required=True, metavar="COMMAND"
    )
    asked = None if "--lang" in arguments else next((word for word in arguments if word[:1] != "-"), None)
    if asked == "run":
        _spare_memory()
    modules = [COMMANDS[asked]] if asked in COMMANDS else dict.fromkeys(COMMANDS.values())
    for module in modules:
        import_module(module).add_parser(subparsers)
    if asked is None and not arguments:
        parser.print_help(sys.stderr)
        return USAGE
    if asked is not None and asked not in COMMANDS:
        parser.error(no_command(asked, COMMANDS))
    args, unknown = parser.parse_known_args(arguments)
    if unknown:
        subparsers.choices[asked or ""].error(say("unrecognized arguments: %s") % " ".join(unknown))
    try:
        return int(args.run(args))
    except OSError as error:
        # The daemon's trace belongs into its log.
        if asked == "run" or isinstance(error, BrokenPipeError):
            raise
        what, why = error.filename or "cardroom-gateway", error.strerror or error
        trouble = say(
            "{what}: {why}. Check the disk, the path and your rights, then try again.", what=what, why=why
        )
        print(trouble, file=sys.stderr)
        return NOT_DONE


def _spare_memory() -> None:
    """Load structlog as if SPARED were not installed; whoever else asks for it afterwards gets it."""
    spared = [name for name in SPARED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(spared))  # type: ignore[arg-type]
    import_module("structlog")
    for name in spared:
        del sys.modules[name]


if __name__ == "__main__":
    sys.exit(main())
