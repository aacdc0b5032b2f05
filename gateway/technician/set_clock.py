"""`cardroom-gateway set-clock METER`: set one meter's clock through the running daemon, where the broadcast mends no more.

By address and with the password of level 04; many meters want their programming key pressed meanwhile. What the meter showed before
and shows after goes to central with your login name. Nothing is billed by a meter's clock; a relay command expires by it.
"""

import argparse
import sys

import msgspec

from gateway.technician.agreement import agreed
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import order
from gateway.technician.relay import code
from gateway.words import say

NOT_AGREED = 1


class ClockAnswer(msgspec.Struct, frozen=True):
    """What became of it: how many seconds ahead the meter was and is; None: not read back."""

    before_s: int
    after_s: int | None


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "set-clock",
        help=say("set one meter's clock"),
        description=say("Write date and time into one meter by the running gateway, and read them back."),
    )
    parser.add_argument("meter", metavar="METER", help=say("the meter's number"))
    parser.add_argument("--why", required=True, help=say("it goes to central with your login name"))
    parser.add_argument(
        "--password", type=code, metavar="HEX8", help=say("PA P0 P1 P2 (default: the model's)")
    )
    parser.add_argument("--yes", action="store_true", help=say("don't ask"))
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Ask, then have the daemon do it; 0 when the clock was read back right."""
    if not args.yes and not agreed(say("Write date and time of meter {meter}? [y/N] ", meter=args.meter)):
        print(say("Nothing was sent. Use --yes to skip the question."), file=sys.stderr)
        return NOT_AGREED
    arguments = {"meter": args.meter, "why": args.why, "password": args.password or ""}
    answer = order(args, "set-clock", arguments)
    if isinstance(answer, int):
        return answer
    said = msgspec.json.decode(answer, type=ClockAnswer)
    if said.after_s is None:
        print(
            say(
                "{meter}: written, not read back. Read it again: its clock was {before} s off.",
                meter=args.meter,
                before=f"{said.before_s:+d}",
            )
        )
        return NOT_AGREED
    print(
        say(
            "{meter}: it was {before} s off and is {after} s off now.",
            meter=args.meter,
            before=f"{said.before_s:+d}",
            after=f"{said.after_s:+d}",
        )
    )
    return 0
