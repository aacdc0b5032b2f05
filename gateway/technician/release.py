"""`cardroom-gateway release ACCOUNT`: a person looked into a quarantined account and lets it be billed again (C-17)."""

import argparse

from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import order


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser("release", help="end an account's quarantine", description=__doc__)
    parser.add_argument("account", metavar="ACCOUNT", help="as `status` shows it")
    parser.add_argument(
        "--why", required=True, help="what was found; it goes to central with your login name"
    )
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Ask the daemon; the kernel tells it who asked."""
    answer = order(args, "release", {"account": args.account, "why": args.why})
    if isinstance(answer, int):
        return answer
    print(f"{args.account} is billed again.")
    return 0
