"""The `cardroom-firmware` command: each tool is imported only when it is asked for."""

import importlib
import os
import sys
from collections.abc import Callable

from gateway.words import LANGUAGES, mark, say, take_language
from gateway.words.arguments import USAGE, Arguments, ByTask, no_command

TASKS = {
    mark("A module or a meter on a line"): {
        "identify": mark("what is on the serial ports: speed, device, firmware"),
        "flash": mark("a signed image into a module"),
        "bench": mark("test a meter and write its record"),
        "report": mark("what bench records say"),
    },
    mark("Firmware files"): {
        "inspect": mark("what a firmware file holds"),
        "verify": mark("whether a signed image is whole, and whose"),
        "keygen": mark("a key pair to sign images with"),
        "sign": mark("a maker's file in, a signed image out"),
    },
    mark("Without hardware"): {
        "virtual-module": mark("a module with bootloader on a pseudo-terminal"),
        "virtual-meter": mark("meters on a pseudo-terminal"),
        "demo": mark("a campus of three buildings at work"),
        "audit": mark("check a demo's books against its meters"),
    },
}
"""Task to its tools, each in one line; `--help` shows them so."""
TOOLS = {
    "identify": "firmware_tools.identify.command.run",
    "inspect": "firmware_tools.image.inspect_command.run",
    "verify": "firmware_tools.image.inspect_command.run_verify",
    "keygen": "firmware_tools.image.sign_command.run_keygen",
    "sign": "firmware_tools.image.sign_command.run",
    "flash": "firmware_tools.transfer.command.run",
    "bench": "firmware_tools.bench.command.run",
    "report": "firmware_tools.bench.report_command.run",
    "virtual-module": "firmware_tools.virtual_module.command.run",
    "virtual-meter": "firmware_tools.virtual_meter.command.run",
    "demo": "firmware_tools.campus.demo.run",
    "audit": "firmware_tools.auditor.command.run",
}
"""Tool -> its `run(arguments) -> exit code`."""
STOPPED = 1


class _Tools(ByTask):
    groups = TASKS


def main(arguments: list[str] | None = None) -> int:
    """Run one tool with the arguments after its name; return the exit code (docs/firmware.md)."""
    words = take_language(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] not in TOOLS:
        return _no_tool(words)
    module, _, function = TOOLS[words[0]].rpartition(".")
    run: Callable[[list[str]], int] = getattr(importlib.import_module(module), function)
    return _guarded(run, words[1:])


def _no_tool(words: list[str]) -> int:
    """Say which tools there are, or what is wrong with what was typed in place of one."""
    parser = Arguments(
        prog="cardroom-firmware",
        description=say("Tools for meter modules and for trying a campus."),
        formatter_class=_Tools,
    )
    parser.add_argument("--lang", choices=LANGUAGES, help=say("language of the messages: en or zh"))
    tools = parser.add_subparsers(title=say("tools; TOOL --help explains one"), dest="tool", metavar="TOOL")
    for what in TASKS.values():
        for tool, line in what.items():
            tools.add_parser(tool, help=say(line), add_help=False)
    if words and words[0][:1] != "-":
        parser.error(no_command(words[0], TOOLS))
    if words:
        _, unknown = parser.parse_known_args(words)
        parser.error(say("unrecognized arguments: %s") % " ".join(unknown or words))
    parser.print_help(sys.stderr)
    return USAGE


def _guarded(run: Callable[[list[str]], int], arguments: list[str]) -> int:
    """Run a tool; whoever stops it or takes its output away sees no traceback."""
    try:
        code = run(arguments)
        if sys.stdout is not None:  # None: started with standard output closed
            sys.stdout.flush()
    except KeyboardInterrupt:
        print(say("Stopped."), file=sys.stderr)
        return STOPPED
    except BrokenPipeError:
        # Whoever read the output has gone (`| head`): nothing is left to say, and Python must not try at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return STOPPED
    except OSError as error:
        print(
            say(
                "{what}: {why}. Check the disk, the path and your rights, then try again.",
                what=error.filename or "cardroom-firmware",
                why=error.strerror or error,
            ),
            file=sys.stderr,
        )
        return STOPPED
    return code


if __name__ == "__main__":
    sys.exit(main())
