"""`cardroom-gateway approve-cuts`: a person on site lets the cuts go on that the guard holds (C-10)."""

import argparse

import msgspec

from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import order

LONGEST_MINUTES = 24 * 60


class Approved(msgspec.Struct, frozen=True):
    """How many cuts wait, and how many may go on until when."""

    held: int
    count: int
    until_ms: int


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser("approve-cuts", help="let held cuts go on", description=__doc__)
    parser.add_argument(
        "--count", type=_positive, required=True, help="how many cuts at most; `status` shows how many wait"
    )
    parser.add_argument("--minutes", type=_minutes, default=60, help="for how long (default 60)")
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Ask the daemon; the kernel tells it who asked."""
    answer = order(args, "approve-cuts", {"count": args.count, "minutes": args.minutes})
    if isinstance(answer, int):
        return answer
    approved = msgspec.json.decode(answer, type=Approved)
    print(f"Up to {approved.count} cuts may go on for {args.minutes} min; {approved.held} were waiting.")
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _minutes(text: str) -> int:
    number = _positive(text)
    if number > LONGEST_MINUTES:
        raise argparse.ArgumentTypeError(f"must be at most {LONGEST_MINUTES}")
    return number
