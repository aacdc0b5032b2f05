"""`cardroom-gateway approve-cuts`: a person on site lets the cuts go on that the guard holds (C-10)."""

import argparse

import msgspec

from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import order
from gateway.words import say

LONGEST_MINUTES = 24 * 60


class Approved(msgspec.Struct, frozen=True):
    """How many cuts wait, and how many may go on until when."""

    held: int
    count: int
    until_ms: int


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "approve-cuts",
        help=say("let held cuts go on"),
        description=say(
            "Let cuts go on that the guard holds: a person on site has seen that they are right."
        ),
    )
    parser.add_argument(
        "--count",
        type=_positive,
        required=True,
        help=say("how many cuts at most; `status` shows how many wait"),
    )
    parser.add_argument("--minutes", type=_minutes, default=60, help=say("for how long (default 60)"))
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Ask the daemon; the kernel tells it who asked."""
    answer = order(args, "approve-cuts", {"count": args.count, "minutes": args.minutes})
    if isinstance(answer, int):
        return answer
    approved = msgspec.json.decode(answer, type=Approved)
    print(
        say(
            "Up to {count} cuts may go on for {minutes} min; {held} were waiting.",
            count=approved.count,
            minutes=args.minutes,
            held=approved.held,
        )
    )
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(say("must be 1 or more"))
    return number


def _minutes(text: str) -> int:
    number = _positive(text)
    if number > LONGEST_MINUTES:
        raise argparse.ArgumentTypeError(say("must be at most {most}", most=LONGEST_MINUTES))
    return number
