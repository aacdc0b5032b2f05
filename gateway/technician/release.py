"""`cardroom-gateway release ACCOUNT`: a person looked into a quarantined account and lets it be billed again (C-17)."""

import argparse

from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import order
from gateway.words import say


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "release",
        help=say("end an account's quarantine"),
        description=say("End an account's quarantine: a person looked into it and lets it be billed again."),
    )
    parser.add_argument("account", metavar="ACCOUNT", help=say("as `status` shows it"))
    parser.add_argument(
        "--why", required=True, help=say("what was found; it goes to central with your login name")
    )
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Ask the daemon; the kernel tells it who asked."""
    answer = order(args, "release", {"account": args.account, "why": args.why})
    if isinstance(answer, int):
        return answer
    print(say("{account} is billed again.", account=args.account))
    return 0
