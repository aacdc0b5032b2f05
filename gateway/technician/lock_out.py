"""`cardroom-gateway lock-out METER`: nobody closes this relay until it is released on site (C-16).

A software lock-out is no substitute for isolating the circuit: a relay may weld, a program may err. The command says so each time.
"""

import argparse

from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import order
from gateway.words import mark, say

WARNING = mark("This is software. Isolate the circuit and prove it dead before you touch it.")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "lock-out",
        help=say("keep a relay open, or end that"),
        description=say(
            "Nobody closes this relay until it is released on site. It is no substitute for isolating the circuit."
        ),
    )
    parser.add_argument("meter", metavar="METER", help=say("the meter's number"))
    parser.add_argument(
        "--end",
        action="store_true",
        help=say("end the lock-out; the credit rule decides again, or all is as before"),
    )
    parser.add_argument("--why", required=True, help=say("it goes to central with your login name"))
    parser.add_argument("--ref", default="", help=say("the fault's or work order's number"))
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Ask the daemon; the kernel tells it who asked."""
    answer = order(args, "lock-out", {"meter": args.meter, "end": args.end, "why": args.why, "ref": args.ref})
    if isinstance(answer, int):
        return answer
    if args.end:
        print(
            say(
                "{meter}: lock-out ended. The credit rule decides again; where none does, all is as before.",
                meter=args.meter,
            )
        )
    else:
        print(
            say(
                "{meter}: locked out. Watch `cardroom-gateway status` until it shows open, read back. {warning}",
                meter=args.meter,
                warning=say(WARNING),
            )
        )
    return 0
