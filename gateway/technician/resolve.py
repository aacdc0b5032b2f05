"""`cardroom-gateway resolve WHAT SUBJECT`: end an alarm that nothing later can end, after a person looked into it.

Only `exists-with-different` is one: the same grant, command or version came twice with two contents. The second did nothing.
"""

import argparse

from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import order
from gateway.words import say


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "resolve",
        help=say("end an alarm that no later event ends"),
        description=say("End an alarm that no later event ends; a person looked into it."),
    )
    parser.add_argument("what", metavar="WHAT", help=say("the alarm's name, as `status` shows it"))
    parser.add_argument(
        "subject", nargs="+", metavar="SUBJECT", help=say("what it is about, as `status` shows it")
    )
    parser.add_argument(
        "--why", required=True, help=say("what was found; it goes to central with your login name")
    )
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Ask the daemon; the kernel tells it who asked."""
    subject = " ".join(args.subject)
    answer = order(args, "resolve", {"what": args.what, "subject": subject, "why": args.why})
    if isinstance(answer, int):
        return answer
    print(
        say(
            "{what} {subject} is resolved. It rises again if its cause comes again.",
            what=args.what,
            subject=subject,
        )
    )
    return 0
