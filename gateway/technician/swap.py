"""`cardroom-gateway swap OLD NEW`: put a new meter in an old one's place, with the server or without it (R-4.3.5).

Both meters are read; a dead one's last register is typed with who read it, or taken from the gateway's last good reading. What will
be done is shown first. The account is billed to the last register and goes on at the first one; undo it by swapping back.
"""

import argparse
import sys
from decimal import Decimal, InvalidOperation

import msgspec

from gateway.adapters.control_protocol import SwapReport
from gateway.contract.quantities import WH_PER_KWH
from gateway.technician.agreement import agreed
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE, order
from gateway.technician.lock_words import lock_lines
from gateway.words import say

MOST_KWH = 10**8


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "swap",
        help=say("put a new meter in an old one's place"),
        description=say(
            "Put a new meter in an old one's place: shows what will be done and asks, then the running gateway does it."
        ),
    )
    parser.add_argument("old", metavar="OLD", help=say("the old meter's number"))
    parser.add_argument("new", metavar="NEW", help=say("the new meter's number"))
    place = parser.add_argument_group(say("where the new meter is, unless it is registered already"))
    place.add_argument("--line")
    place.add_argument("--address", help=say("what it answers to on its line"))
    place.add_argument("--model")
    place.add_argument("--ct-ratio", type=int, help=say("current transformer, e.g. 40 for 200/5 (default 1)"))
    place.add_argument("--location", help=say("where it hangs"))
    _add_registers(parser)
    parser.add_argument("--why", required=True, help=say("it goes to central with your login name"))
    parser.add_argument("--yes", action="store_true", help=say("don't ask"))
    parser.add_argument(
        "--json", action="store_true", help=say("print one JSON object; asks nothing, needs --yes to do it")
    )
    add_config_option(parser)
    parser.set_defaults(run=run)


def _add_registers(parser: argparse.ArgumentParser) -> None:
    typed = parser.add_argument_group(say("registers of meters that can't be read"))
    last = typed.add_mutually_exclusive_group()
    last.add_argument(
        "--last", type=register_kwh, metavar="KWH", help=say("what the old meter's display shows")
    )
    last.add_argument(
        "--last-good", action="store_true", help=say("take the gateway's last good reading of it")
    )
    typed.add_argument("--last-by", metavar="NAME", help=say("who read it"))
    typed.add_argument(
        "--first", type=register_kwh, metavar="KWH", help=say("what the new meter's display shows")
    )
    typed.add_argument("--first-by", metavar="NAME", help=say("who read it"))


def register_kwh(text: str) -> int:
    """A register in kWh with at most three decimals, as Wh."""
    try:
        wh = Decimal(text) * WH_PER_KWH
    except InvalidOperation:
        wh = Decimal(-1)
    if not wh.is_finite() or wh != wh.to_integral_value() or not 0 <= wh < MOST_KWH * WH_PER_KWH:
        raise argparse.ArgumentTypeError(say("must be kWh such as 1234.56, not {value}", value=repr(text)))
    return int(wh)


def run(args: argparse.Namespace) -> int:
    """Show, ask, do. Returns 0 when it is done, 1 when it was refused or not wanted."""
    if (args.last is None) != (args.last_by is None) or (args.first is None) != (args.first_by is None):
        print(
            say(
                "A typed register needs the name of who read it: --last with --last-by, --first with --first-by."
            ),
            file=sys.stderr,
        )
        return 2
    report = _order(args, commit=False)
    if isinstance(report, int):
        return report
    if not report.before and not (args.yes or _agreed(args, report)):
        print(say("Nothing was done."), file=sys.stderr)
        return NOT_DONE
    if not report.before:
        report = _order(args, commit=True)
        if isinstance(report, int):
            return report
    print(msgspec.json.encode(report).decode() if args.json else _done_in_words(report))
    return 0


def _order(args: argparse.Namespace, *, commit: bool) -> SwapReport | int:
    given = {
        "line": args.line,
        "address": args.address,
        "model": args.model,
        "ct_ratio": args.ct_ratio,
        "location": args.location,
        "last_wh": args.last,
        "last_by": args.last_by,
        "first_wh": args.first,
        "first_by": args.first_by,
    }
    arguments: dict[str, str | int | bool] = {
        "old": args.old,
        "new": args.new,
        "why": args.why,
        "last_good": args.last_good,
        "commit": commit,
        **{name: value for name, value in given.items() if value is not None},
    }
    answer = order(args, "swap", arguments)
    return answer if isinstance(answer, int) else msgspec.json.decode(answer, type=SwapReport)


def _agreed(args: argparse.Namespace, report: SwapReport) -> bool:
    if args.json:
        print(msgspec.json.encode(report).decode())
        return False
    print("\n".join(_plan_in_words(report)))
    return agreed(say("Do it? [y/N] "))


def _plan_in_words(report: SwapReport) -> list[str]:
    """Read back what will be done."""
    whose = f"{report.account} ({report.room})" if report.account else say("no account")
    lines = [
        say("{old} leaves {whose}; {new} takes its place.", old=report.old, whose=whose, new=report.new),
        say(
            "  last register of {old}:  {kwh}, {how}",
            old=report.old,
            kwh=kwh_text(report.last_wh),
            how=_how(report.last_by),
        ),
        say(
            "  first register of {new}: {kwh}, {how}",
            new=report.new,
            kwh=kwh_text(report.first_wh),
            how=_how(report.first_by),
        ),
        say(
            "  {new} is on line {line}, address {address}, model {model}",
            new=report.new,
            line=report.line,
            address=report.address,
            model=report.model,
        ),
    ]
    if report.ends_control:
        lines += [
            say("  the room's software control ends with it; up to the last register it is billed already"),
            say(
                "  counted meanwhile, billed to nobody, told to central: {kwh}",
                kwh=kwh_text(report.counted_wh),
            ),
        ]
    elif report.account:
        lines.append(
            say("  billed to {account} now:  {kwh}", account=report.account, kwh=kwh_text(report.unbilled_wh))
        )
    if report.unmetered_s is None or report.unmetered_s >= 60:
        since = (
            say("a time that the clock can't tell")
            if report.unmetered_s is None
            else say("{minutes} min", minutes=report.unmetered_s // 60)
        )
        lines.append(say("  metered by nobody, billed to nobody: {since}", since=since))
    lines += [
        say("  group {group} goes on with {new}", group=group, new=report.new) for group in report.groups
    ]
    locked = [f"  ! {line}" for line in lock_lines(report.old, report.locks)]
    return [*lines, *locked, *_notes(report)]


def _notes(report: SwapReport) -> list[str]:
    return [f"  ! {say(note.text, **note.facts)}" for note in report.notes]


def _how(typed_by: str) -> str:
    return say("typed, read by {name}", name=typed_by) if typed_by else say("read by the gateway")


def kwh_text(wh: int | None) -> str:
    """A register or an energy as it is read back; None is not known."""
    return say("not known") if wh is None else f"{wh / WH_PER_KWH:.2f} kWh"


def _done_in_words(report: SwapReport) -> str:
    notes = "".join(f"\n{note}" for note in _notes(report))
    if report.before:
        return (
            say("{new} took the place of {old} before; nothing was changed.", new=report.new, old=report.old)
            + notes
        )
    done = say(
        "{new} has taken the place of {old}: last {last}, first {first}. "
        "Watch `cardroom-gateway status` until its relay is read back.",
        new=report.new,
        old=report.old,
        last=kwh_text(report.last_wh),
        first=kwh_text(report.first_wh),
    )
    return done + notes
