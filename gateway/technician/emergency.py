"""`cardroom-gateway emergency ACCOUNT`: supply a room whose credit is spent for a while, by its emergency rule (R-B1).

For when central can't be asked. The rule is central's, signed: how far, how long, how often.
"""

import argparse

from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import order
from gateway.words import say


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "emergency",
        help=say("draw a room's emergency supply"),
        description=say(
            "Supply a room whose credit is spent for a while, by central's signed rule; for when central can't be asked."
        ),
    )
    parser.add_argument("account", metavar="ACCOUNT", help=say("as `status` shows it"))
    parser.add_argument(
        "--why", required=True, help=say("who asked; it goes to central with your login name")
    )
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Ask the daemon; the kernel tells it who asked."""
    answer = order(args, "emergency", {"account": args.account, "why": args.why})
    if isinstance(answer, int):
        return answer
    print(say("{account} is supplied by its emergency rule.", account=args.account))
    return 0
