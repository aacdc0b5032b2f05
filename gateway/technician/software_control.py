"""`cardroom-gateway software-control ROOM`: keep a room with a faulty meter supplied, and bill nothing from it (R-4.3.5).

With the server or without it. The meter is read and what will be done is shown first. A swap ends it; `--end` does where the same
meter is good again. What was used meanwhile is agreed at the desk.
"""

import argparse
import sys
from collections.abc import Iterator

import msgspec

from gateway.adapters.control_protocol import ControlReport
from gateway.technician.agreement import agreed
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE, order
from gateway.technician.lock_words import lock_lines
from gateway.technician.swap import kwh_text, register_kwh
from gateway.words import say


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "software-control",
        help=say("keep a room with a faulty meter supplied, or end that"),
        description=say(
            "For a meter that is dead or talks rubbish, with no other at hand: its room stays on, is billed nothing from it and "
            "is not cut for its credit. Shows what will be done and asks. Putting another meter in (swap) ends it."
        ),
    )
    parser.add_argument("name", metavar="ROOM", help=say("the room, its account or its meter's number"))
    parser.add_argument(
        "--end",
        action="store_true",
        help=say("the same meter is good again: bill from its register of now on"),
    )
    parser.add_argument("--why", required=True, help=say("it goes to central with your login name"))
    parser.add_argument("--ref", default="", help=say("the fault's or work order's number"))
    parser.add_argument(
        "--last",
        type=register_kwh,
        metavar="KWH",
        help=say("what the display shows, where the meter can't be read but its register is right"),
    )
    parser.add_argument("--last-by", metavar="NAME", help=say("who read it"))
    parser.add_argument("--yes", action="store_true", help=say("don't ask"))
    parser.add_argument(
        "--json", action="store_true", help=say("print one JSON object; asks nothing, needs --yes to do it")
    )
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Show, ask, do. Returns 0 when it is done, 1 when it was refused or not wanted, 2 for options that don't go together."""
    if (args.last is None) != (args.last_by is None):
        print(say("A typed register needs the name of who read it: --last with --last-by."), file=sys.stderr)
        return 2
    if args.end and args.last is not None:
        print(say("--end reads the meter itself: one that can't be read isn't good again."), file=sys.stderr)
        return 2
    report = _order(args, commit=False)
    if isinstance(report, int):
        return report
    if not (args.yes or _agreed(args, report)):
        print(say("Nothing was done."), file=sys.stderr)
        return NOT_DONE
    report = _order(args, commit=True)
    if isinstance(report, int):
        return report
    print(msgspec.json.encode(report).decode() if args.json else "\n".join(_done(report)))
    return 0


def _order(args: argparse.Namespace, *, commit: bool) -> ControlReport | int:
    arguments: dict[str, str | int | bool] = {
        "name": args.name,
        "why": args.why,
        "ref": args.ref,
        "end": args.end,
        "commit": commit,
    }
    if args.last is not None:
        arguments |= {"last_wh": args.last, "last_by": args.last_by}
    answer = order(args, "software-control", arguments)
    return answer if isinstance(answer, int) else msgspec.json.decode(answer, type=ControlReport)


def _agreed(args: argparse.Namespace, report: ControlReport) -> bool:
    if args.json:
        print(msgspec.json.encode(report).decode())
        return False
    print("\n".join(_end_plan(report) if report.end else _begin_plan(report)))
    return agreed(say("Do it? [y/N] "))


def _begin_plan(report: ControlReport) -> Iterator[str]:
    yield say(
        "{account} (room {room}): its meter {meter} is faulty.",
        account=report.account,
        room=report.room,
        meter=report.meter,
    )
    if report.answers:
        yield say("  ! {meter} can't be read: {why}", meter=report.meter, why=say(report.answers))
    if not report.believed:
        yield say("  ! what it says now can't be; its last good reading counts")
    yield say("  billed up to {kwh}, {how}", kwh=kwh_text(report.register_wh), how=_how(report))
    if report.unbilled_wh:
        yield say("  of that billed now: {kwh}", kwh=kwh_text(report.unbilled_wh))
    yield say("  from now on: nothing billed from it, never cut for credit, switched on if credit cut it")
    if report.wh_per_day:
        yield say("  shown meanwhile: {kwh} a day, as lately", kwh=kwh_text(report.wh_per_day))
    yield from _locked(report)


def _end_plan(report: ControlReport) -> Iterator[str]:
    yield say(
        "{account} (room {room}): its meter {meter} is good again.",
        account=report.account,
        room=report.room,
        meter=report.meter,
    )
    yield say("  billed again from {kwh} on", kwh=kwh_text(report.register_wh))
    yield say(
        "  counted meanwhile, billed to nobody, told to central: {kwh}", kwh=kwh_text(report.counted_wh)
    )
    yield from _locked(report)


def _locked(report: ControlReport) -> Iterator[str]:
    yield from (f"  ! {line}" for line in lock_lines(report.meter, report.locks))


def _how(report: ControlReport) -> str:
    if report.register_by:
        return say("typed, read by {name}", name=report.register_by)
    return (
        say("its last good reading") if report.answers or not report.believed else say("read by the gateway")
    )


def _done(report: ControlReport) -> Iterator[str]:
    if report.end:
        yield say("{account} is billed by {meter} again.", account=report.account, meter=report.meter)
        return
    yield say(
        "{account} is under software control. It ends with `cardroom-gateway swap`, or with --end when {meter} is good again.",
        account=report.account,
        meter=report.meter,
    )
    yield from _locked(report)
