"""`cardroom-gateway relay open|close|permit`: switch one meter's relay, with no daemon running, and say honestly what came of it.

The acknowledgement means "accepted", never "done": status word and current are read back, whatever the meter said, and the outcome
is `confirmed`, `permitted`, `contradicted` or `unknown`. The command is sent once (C-15) and expires by the meter's clock (C-14).
No account is looked at: the daemon, when it runs again, drives the relay to where credit says it belongs.
"""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from gateway.adapters.serial_bus import SerialBus
from gateway.application.ports import LineReply
from gateway.protocols.driver import Accepted, Answer, Driver, Item, MeterClock, RelayAction, Values
from gateway.technician.one_shot import (
    FAILED,
    OK,
    USAGE,
    Trouble,
    add_meter_arguments,
    ask,
    explain,
    meter_of,
    on_line,
    print_json,
    report_trouble,
)

CODE_DIGITS = 8
COMMAND_LIFE = timedelta(minutes=5)
READ_BACK_PAUSE_S = 0.5
FLOWING_MA = 50
"""More than this behind an open relay is current, not the meter's own noise."""
MODEL_WITHOUT_CLOCK = MeterClock(2099, 12, 31, 23, 59, 59)


class Outcome(StrEnum):
    """What the read-back says about a command."""

    CONFIRMED = "confirmed"
    PERMITTED = "permitted"
    CONTRADICTED = "contradicted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Status word and current after a command; None where they could not be read."""

    closed: bool | None
    commanded_closed: bool | None
    current_ma: int | None
    has_current: bool


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "relay", help="switch one meter's relay and read it back", description=__doc__
    )
    parser.add_argument("action", choices=list(RelayAction))
    add_meter_arguments(parser)
    parser.add_argument(
        "--password",
        type=_code,
        metavar="HEX8",
        help="DL/T 645: PA P0 P1 P2 in wire order (default: the model's)",
    )
    parser.add_argument(
        "--operator", type=_code, metavar="HEX8", help="DL/T 645: operator code C0..C3 (default: the model's)"
    )
    parser.add_argument("--yes", action="store_true", help="don't ask before opening")
    parser.add_argument(
        "--wait", type=float, default=5.0, metavar="SECONDS", help="how long to read back (default 5)"
    )
    parser.set_defaults(run=run)


def _code(text: str) -> str:
    if len(text) != CODE_DIGITS or not set(text) <= set("0123456789abcdefABCDEF"):
        raise argparse.ArgumentTypeError(f"must be {CODE_DIGITS} hex digits, not {text!r}")
    return text


def run(args: argparse.Namespace) -> int:
    """Switch and read back. Returns 0 when confirmed (or permitted), 1 otherwise, 2 when the question makes no sense."""
    driver = meter_of(args, args.password, args.operator)
    if isinstance(driver, Trouble):
        return report_trouble(driver, args, USAGE)
    action = RelayAction(args.action)
    if action not in driver.relay_actions:
        return report_trouble(_lacks(driver, action, args), args, USAGE)
    if action is RelayAction.OPEN and not args.yes and sys.stdin.isatty() and not _agreed(args):
        return report_trouble(
            Trouble(
                "not-agreed", "Nothing was sent.", "You didn't say yes.", "Use --yes to skip the question."
            ),
            args,
        )
    return asyncio.run(on_line(args, lambda bus: _switch(bus, driver, action, args)))


def _lacks(driver: Driver, action: RelayAction, args: argparse.Namespace) -> Trouble:
    can = ", ".join(sorted(driver.relay_actions)) or "nothing: it has no relay"
    return Trouble(
        "no-such-action", f"A {args.model} can't {action.value}.", "Its model row says so.", f"It can: {can}."
    )


def _agreed(args: argparse.Namespace) -> bool:
    print(
        f"This cuts off whoever is behind meter {args.address}. Open its relay? [y/N] ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    return sys.stdin.readline().strip().lower() in ("y", "yes")


async def _switch(bus: SerialBus, driver: Driver, action: RelayAction, args: argparse.Namespace) -> int:
    valid_until = await _expiry(bus, driver, args)
    if isinstance(valid_until, Trouble):
        return report_trouble(valid_until, args)
    reply = await bus.switch(driver, action, valid_until)
    seen, outcome = await _read_back(bus, driver, action, reply, args.wait)
    _show(action, explain(reply, bus, args), seen, outcome, args)
    return OK if outcome in (Outcome.CONFIRMED, Outcome.PERMITTED) else FAILED


async def _expiry(bus: SerialBus, driver: Driver, args: argparse.Namespace) -> MeterClock | Trouble:
    """Read the meter's clock and add the command's life. A meter that can't say its time is not commanded."""
    if Item.CLOCK not in driver.items:
        return MODEL_WITHOUT_CLOCK
    reply = await ask(bus, driver, Item.CLOCK)
    if not isinstance(reply, Answer) or reply.values.clock is None:
        trouble = explain(reply, bus, args)
        what = f"Nothing was sent. {trouble.what}" if trouble else "Nothing was sent: the meter gave no time."
        if trouble is None:
            return Trouble(
                "no-clock",
                what,
                "A command's expiry is by the meter's clock.",
                "Set the meter's clock first.",
            )
        return Trouble(trouble.error, what, trouble.why, trouble.next_step)
    expiry = add_life(reply.values.clock)
    if expiry is None:
        return Trouble(
            "bad-clock",
            "Nothing was sent: the meter's clock shows no possible date.",
            f"It shows {reply.values.clock}.",
            "Set the meter's clock first; its battery may be flat.",
        )
    return expiry


def add_life(clock: MeterClock) -> MeterClock | None:
    """Return the meter's instant COMMAND_LIFE later, or None when its calendar shows no possible date."""
    try:
        shown = datetime(clock.year, clock.month, clock.day, clock.hour, clock.minute, clock.second)  # noqa: DTZ001 - no zone
    except ValueError:
        return None
    until = shown + COMMAND_LIFE
    return MeterClock(until.year, until.month, until.day, until.hour, until.minute, until.second)


async def _read_back(
    bus: SerialBus, driver: Driver, action: RelayAction, reply: LineReply, wait_s: float
) -> tuple[ReadBack, Outcome]:
    """Read status and current until they confirm the command or `wait_s` is over: a relay needs a moment, a large load delays."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + wait_s
    while True:
        seen = await _look(bus, driver)
        outcome = judge(action, isinstance(reply, Accepted), seen)
        if outcome is Outcome.CONFIRMED or loop.time() >= give_up:
            return seen, outcome
        await asyncio.sleep(READ_BACK_PAUSE_S)


async def _look(bus: SerialBus, driver: Driver) -> ReadBack:
    status = await _values(bus, driver, Item.RELAY)
    current = await _values(bus, driver, Item.CURRENT)
    return ReadBack(
        status.relay_closed,
        status.relay_commanded_closed,
        current.current_ma,
        has_current=Item.CURRENT in driver.items,
    )


async def _values(bus: SerialBus, driver: Driver, item: Item) -> Values:
    if item not in driver.items:
        return Values()
    reply = await ask(bus, driver, item)
    return reply.values if isinstance(reply, Answer) else Values()


def judge(action: RelayAction, accepted: bool, seen: ReadBack) -> Outcome:
    """Weigh a command against what was read back. Open counts only when status and current agree; closed needs no current,
    because a room may use none. The acknowledgement alone proves nothing.

    | told   | status | current  | outcome |
    |--------|--------|----------|---------|
    | any    | ?      | any      | unknown |
    | open   | open   | none     | confirmed |
    | open   | open   | flows    | contradicted (welded contact, or a bypass) |
    | open   | open   | ?        | unknown |
    | open   | closed | any      | contradicted |
    | close  | closed | any      | confirmed |
    | close  | open   | any      | contradicted |
    | permit | closed | any      | confirmed |
    | permit | open   | any      | permitted when accepted, else contradicted |
    """
    if seen.closed is None:
        return Outcome.UNKNOWN
    if action is RelayAction.OPEN:
        return _judge_open(seen)
    if seen.closed:
        return Outcome.CONFIRMED
    return Outcome.PERMITTED if action is RelayAction.PERMIT and accepted else Outcome.CONTRADICTED


def _judge_open(seen: ReadBack) -> Outcome:
    if seen.closed:
        return Outcome.CONTRADICTED
    if seen.current_ma is None:
        return Outcome.UNKNOWN if seen.has_current else Outcome.CONFIRMED
    return Outcome.CONTRADICTED if abs(seen.current_ma) > FLOWING_MA else Outcome.CONFIRMED


def _show(
    action: RelayAction, trouble: Trouble | None, seen: ReadBack, outcome: Outcome, args: argparse.Namespace
) -> None:
    if args.json:
        print_json(as_document(action, trouble, seen, outcome, args))
        return
    print(f"meter {args.address}: {action.value}: {outcome.value}")
    print(f"  the meter said: {'accepted' if trouble is None else trouble.error}")
    print(f"  read back:      {_seen_in_words(seen)}")
    if outcome is not Outcome.CONFIRMED:
        print(f"  next:           {next_step(action, trouble, seen, outcome)}")


def as_document(
    action: RelayAction, trouble: Trouble | None, seen: ReadBack, outcome: Outcome, args: argparse.Namespace
) -> dict[str, Any]:
    """Shape `--json`."""
    return {
        "ok": outcome in (Outcome.CONFIRMED, Outcome.PERMITTED),
        "port": args.port,
        "model": args.model,
        "address": args.address,
        "action": action.value,
        "reply": "accepted" if trouble is None else trouble.error,
        "outcome": outcome.value,
        "relay_closed": seen.closed,
        "relay_commanded_closed": seen.commanded_closed,
        "current_ma": seen.current_ma,
        "next": None if outcome is Outcome.CONFIRMED else next_step(action, trouble, seen, outcome),
    }


def _seen_in_words(seen: ReadBack) -> str:
    if seen.closed is None:
        return "nothing: the status could not be read"
    current = "current not readable" if seen.current_ma is None else f"{seen.current_ma / 1000:.3f} A"
    return f"relay {'closed' if seen.closed else 'open'}, {current}"


def next_step(action: RelayAction, trouble: Trouble | None, seen: ReadBack, outcome: Outcome) -> str:
    """Say what a person does about an outcome that is not `confirmed`."""
    if outcome is Outcome.PERMITTED:
        return "Press the key on the meter; it closes then."
    if outcome is Outcome.UNKNOWN:
        return "Read again before anything else: the relay may have moved (read --item relay)."
    if action is RelayAction.OPEN and seen.closed is False:
        return "Current flows although the meter says open: welded contact or a bypass. Send an electrician."
    if trouble is not None:
        return trouble.next_step
    if seen.commanded_closed is False and seen.closed:
        return "The meter holds the trip back, as many do above 30 A: lower the load and read again."
    return "The meter accepted but didn't move: look for keep-power, or a mechanical fault."
