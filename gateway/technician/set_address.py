"""`cardroom-gateway set-address METER ADDRESS`: give a meter another address on its line, and read it back there.

DL/T 645-2007 has no way to name the meter that is meant: it must be alone on its line, with its programming key pressed. A Modbus
meter is named by its old address. What the line can't set is set on the meter and entered with `meters readdress`.
"""

import argparse
import sys

from gateway.technician.agreement import agreed
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE, order
from gateway.words import say


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "set-address",
        help=say("give a meter another address"),
        description=say("Give a meter another address by the running gateway, and the registry with it."),
    )
    parser.add_argument("meter", metavar="METER", help=say("the meter's number"))
    parser.add_argument("address", metavar="ADDRESS", help=say("what it shall answer to"))
    parser.add_argument("--why", required=True, help=say("it goes to central with your login name"))
    parser.add_argument("--yes", action="store_true", help=say("don't ask"))
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Ask, then let the daemon do it."""
    if not args.yes and not _agreed(args):
        print(say("Nothing was sent."), file=sys.stderr)
        return NOT_DONE
    answer = order(args, "set-address", {"meter": args.meter, "address": args.address, "why": args.why})
    if isinstance(answer, int):
        return answer
    print(
        say("{meter} answers at {address}; the registry says so now.", meter=args.meter, address=args.address)
    )
    return 0


def _agreed(args: argparse.Namespace) -> bool:
    return agreed(
        say("{meter} will answer to {address} alone. Do it? [y/N] ", meter=args.meter, address=args.address)
    )
