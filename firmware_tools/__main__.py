"""The `cardroom-firmware` command: each tool is imported only when it is asked for."""

import argparse
import importlib
import sys

TOOLS = {
    "virtual-meter": "firmware_tools.virtual_meter.command",
    "demo": "firmware_tools.campus.demo",
    "audit": "firmware_tools.auditor.command",
}
"""Tool -> the module whose `run(arguments) -> int` it is."""


def main(arguments: list[str] | None = None) -> int:
    """Run one tool with the arguments after its name; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="cardroom-firmware", description="Tools for meter modules and for trying a campus."
    )
    parser.add_argument("tool", choices=TOOLS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the tool takes: TOOL --help says")
    options = parser.parse_args(arguments)
    code: int = importlib.import_module(TOOLS[options.tool]).run(options.arguments)
    return code


if __name__ == "__main__":
    sys.exit(main())
