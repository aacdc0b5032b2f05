"""The `cardroom-firmware` command: each tool is imported only when it is asked for."""

import argparse
import sys


def main(arguments: list[str] | None = None) -> int:
    """Run one tool; return the exit code."""
    parser = argparse.ArgumentParser(prog="cardroom-firmware", description="Tools for meter modules.")
    tools = parser.add_subparsers(dest="tool", required=True, metavar="TOOL")
    tools.add_parser("virtual-meter", add_help=False, help="be meters on a pseudo-terminal or TCP port")
    chosen, rest = parser.parse_known_args(arguments)
    if chosen.tool == "virtual-meter":
        from firmware_tools.virtual_meter.command import run

        return run(rest)
    return 2


if __name__ == "__main__":
    sys.exit(main())
