"""`cardroom-gateway relay open|close|permit`: switch one meter's relay, with no daemon running, and say honestly what came of it.

The acknowledgement means "accepted", never "done": status word and current are read back, whatever the meter said, and judged by
the daemon's own table (gateway.domain.relay). The command is sent once (C-15) and expires by the meter's clock (C-14).
No account is looked at: the daemon, when it runs again, drives the relay to where credit says it belongs.
"""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from gateway.adapters.serial_bus import SerialBus
from gateway.application.ports import LineReply, Rank
from gateway.contract.commands import RelayWish
from gateway.contract.facts import Instant, RelayVerdict
from gateway.contract.identifiers import BootId, MeterNo
from gateway.domain.relay import (
    SETTLE_MS,
    Move,
    ObservedStatus,
    RelayState,
    Send,
    commanded,
    move_for,
    observed,
)
from gateway.loops.read_clock import has_clock, read_clock
from gateway.protocols.driver import Accepted, Answer, Driver, Item, MeterClock, Refused, RelayAction, Values
from gateway.protocols.meters import names_one_meter
from gateway.technician.agreement import agreed
from gateway.technician.answer import FAILED, OK, USAGE, print_json
from gateway.technician.config_check import add_config_option
from gateway.technician.lock_shown import warn_of_locks
from gateway.technician.one_shot import (
    Trouble,
    add_meter_arguments,
    ask,
    explain,
    meter_of,
    on_line,
    report_trouble,
)
from gateway.technician.state_words import VERDICTS as VERDICTS_SAID
from gateway.technician.state_words import in_chinese
from gateway.words import mark, say

DESCRIPTION = mark(
    "Switches one meter's relay, with no daemon running, and says honestly what came of it: status word and current are "
    "read back, whatever the meter said. The command is sent once and expires by the meter's clock."
)
CODE_DIGITS = 8
COMMAND_LIFE = timedelta(minutes=5)
READ_BACK_PAUSE_S = 0.5
LONGEST_WAIT_S = 3600.0
MODEL_WITHOUT_CLOCK = MeterClock(2099, 12, 31, 23, 59, 59)


GOOD = frozenset({RelayVerdict.CONFIRMED, RelayVerdict.WAITING_KEY})
VERDICTS = {
    Move.CONFIRM: RelayVerdict.CONFIRMED,
    Move.DELAYED: RelayVerdict.DELAYED,
    Move.WAIT_FOR_KEY: RelayVerdict.WAITING_KEY,
    Move.CONTRADICTED: RelayVerdict.CONTRADICTED,
    Move.REFUSED: RelayVerdict.REFUSED,
}
"""What the daemon would do next says what came of a command; to read again means that nothing is known."""
SENT = Instant(BootId("technician"), 0, 0, trusted=False)
SETTLED = msgspec.structs.replace(SENT, monotonic_ms=SETTLE_MS + 1)
"""The moments a command is judged by: it was sent, and its time to work is over."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Status word and current after a command; None where they could not be read."""

    closed: bool | None
    commanded_closed: bool | None
    current_ma: int | None


@dataclass(frozen=True, slots=True)
class Switched:
    """What came of a command that was sent; `trouble`: what the meter said instead of "accepted"."""

    seen: ReadBack
    outcome: RelayVerdict
    trouble: Trouble | None


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "relay",
        help=say("switch one meter's relay and read it back"),
        description=say(DESCRIPTION),
    )
    parser.add_argument("action", choices=[one.value for one in RelayAction])
    add_meter_arguments(parser)
    parser.add_argument(
        "--password",
        type=code,
        metavar="HEX8",
        help=say("DL/T 645: PA P0 P1 P2 in wire order (default: the model's)"),
    )
    parser.add_argument(
        "--operator",
        type=code,
        metavar="HEX8",
        help=say("DL/T 645: operator code C0..C3 (default: the model's)"),
    )
    parser.add_argument("--yes", action="store_true", help=say("don't ask before opening"))
    parser.add_argument(
        "--wait", type=_seconds, default=5.0, metavar="SECONDS", help=say("how long to read back (default 5)")
    )
    add_config_option(parser)
    parser.set_defaults(run=run)


def code(text: str) -> str:
    """Check a password or operator code as it is typed."""
    if len(text) != CODE_DIGITS or not set(text) <= set("0123456789abcdefABCDEF"):
        raise argparse.ArgumentTypeError(
            say("must be {count} hex digits, not {found}", count=CODE_DIGITS, found=repr(text))
        )
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_WAIT_S:
        raise argparse.ArgumentTypeError(
            say(
                "must be a number of seconds from 0 to {most}, not {found}",
                most=f"{LONGEST_WAIT_S:.0f}",
                found=repr(text),
            )
        )
    return seconds


def run(args: argparse.Namespace) -> int:
    """Switch and read back. Returns 0 when confirmed (or the key is waited for), 1 otherwise, 2 for a question without sense."""
    driver = meter_of(args, args.password, args.operator)
    if isinstance(driver, Trouble):
        return report_trouble(driver, args, USAGE)
    action = RelayAction(args.action)
    if not names_one_meter(args.address):
        return report_trouble(
            Trouble(
                "not-one-meter",
                say("Nothing was sent."),
                say(
                    "{address} speaks to more than one meter; its command could cut a whole line.",
                    address=args.address,
                ),
                say("Name the meter by its own address: `read --item identity` with the wildcard finds it."),
            ),
            args,
            USAGE,
        )
    if action not in driver.relay_actions:
        return report_trouble(_lacks(driver, action, args), args, USAGE)
    if warn_of_locks(args) and action is not RelayAction.OPEN:
        return report_trouble(
            Trouble(
                "locked-out",
                say("Nothing was sent."),
                say("It is locked out: nothing moves it until the lock-out is released."),
                say(
                    'End it where it was begun: cardroom-gateway lock-out METER --end --why "...", or central.'
                ),
            ),
            args,
        )
    if action is RelayAction.OPEN and not args.yes and sys.stdin.isatty() and not _agreed(args):
        return report_trouble(
            Trouble(
                "not-agreed",
                say("Nothing was sent."),
                say("You didn't say yes."),
                say("Use --yes to skip the question."),
            ),
            args,
        )
    return asyncio.run(on_line(args, lambda bus: _switch(bus, driver, action, args)))


def _lacks(driver: Driver, action: RelayAction, args: argparse.Namespace) -> Trouble:
    can = ", ".join(sorted(driver.relay_actions)) or say("nothing: it has no relay")
    return Trouble(
        "no-such-action",
        say("A {model} can't {action}.", model=args.model, action=action.value),
        say("Its model row says so."),
        say("It can: {actions}.", actions=can),
    )


def _agreed(args: argparse.Namespace) -> bool:
    return agreed(
        say("This cuts off whoever is behind meter {meter}. Open its relay? [y/N] ", meter=args.address)
    )


async def _switch(bus: SerialBus, driver: Driver, action: RelayAction, args: argparse.Namespace) -> int:
    switched = await switch_once(bus, driver, action, args)
    if isinstance(switched, Trouble):
        return report_trouble(switched, args)
    _show(action, switched.trouble, switched.seen, switched.outcome, args)
    return OK if switched.outcome in GOOD else FAILED


async def switch_once(
    bus: SerialBus, driver: Driver, action: RelayAction, args: argparse.Namespace
) -> Switched | Trouble:
    """Send a command once and read back for `args.wait` seconds; a Trouble where nothing was sent."""
    valid_until = await _expiry(bus, driver, args)
    if isinstance(valid_until, Trouble):
        return valid_until
    reply = await bus.switch(driver, action, valid_until)
    seen, outcome = await _read_back(bus, driver, action, reply, args.wait)
    return Switched(seen, outcome, explain(reply, bus, args))


async def _expiry(bus: SerialBus, driver: Driver, args: argparse.Namespace) -> MeterClock | Trouble:
    """Read the meter's clock and add the command's life. A meter that can't say its time is not commanded."""
    if not has_clock(driver):
        return MODEL_WITHOUT_CLOCK
    clock = await read_clock(bus, driver, Rank.READ_BACK)
    if not isinstance(clock, MeterClock):
        trouble = explain(clock, bus, args)
        assert trouble is not None, "a calendar is given or its failure is explained"
        return Trouble(
            trouble.error,
            say("Nothing was sent. {what}", what=trouble.what),
            trouble.why,
            trouble.next_step,
        )
    expiry = add_life(clock)
    if expiry is None:
        return Trouble(
            "bad-clock",
            say("Nothing was sent: the meter's clock shows no possible date."),
            say("It shows {clock}.", clock=clock),
            say("Set the meter's clock first; its battery may be flat."),
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
) -> tuple[ReadBack, RelayVerdict]:
    """Read status and current until they confirm the command or `wait_s` is over: a relay needs a moment, a large load delays."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + wait_s
    while True:
        seen = await _look(bus, driver)
        outcome = judge(action, reply, seen)
        if outcome is RelayVerdict.CONFIRMED or loop.time() >= give_up:
            return seen, outcome
        await asyncio.sleep(READ_BACK_PAUSE_S)


async def _look(bus: SerialBus, driver: Driver) -> ReadBack:
    status = await _values(bus, driver, Item.RELAY)
    current = await _values(bus, driver, Item.CURRENT)
    return ReadBack(status.relay_closed, status.relay_commanded_closed, current.current_ma)


async def _values(bus: SerialBus, driver: Driver, item: Item) -> Values:
    if item not in driver.items:
        return Values()
    reply = await ask(bus, driver, item)
    return reply.values if isinstance(reply, Answer) else Values()


def judge(action: RelayAction, reply: LineReply, seen: ReadBack) -> RelayVerdict:
    """Weigh a command by what was read back, with the daemon's table (C-15). The acknowledgement alone proves nothing."""
    if seen.closed is None:
        return RelayVerdict.UNKNOWN
    close = action is not RelayAction.OPEN
    send = Send(close, permit=action is RelayAction.PERMIT and isinstance(reply, Accepted))
    wish = RelayWish.CLOSE if close else RelayWish.OPEN
    state = commanded(RelayState(MeterNo("technician"), override=wish), send, SENT)
    if isinstance(reply, Refused):
        state = msgspec.structs.replace(state, refused=reply.reason)
    status = ObservedStatus(seen.closed, seen.current_ma, seen.commanded_closed)
    return VERDICTS.get(move_for(observed(state, status, SETTLED), SETTLED), RelayVerdict.UNKNOWN)


def _show(
    action: RelayAction,
    trouble: Trouble | None,
    seen: ReadBack,
    outcome: RelayVerdict,
    args: argparse.Namespace,
) -> None:
    if args.json:
        print_json(as_document(action, trouble, seen, outcome, args))
        return
    done = {"meter": args.address, "action": action.value}
    print(say("meter {meter}: {action}: {outcome}", **done, outcome=in_chinese(outcome.value, VERDICTS_SAID)))
    said = say("accepted") if trouble is None else trouble.error
    print("  " + say("the meter said: {said}", said=said))
    print("  " + say("read back:      {seen}", seen=_seen_in_words(seen)))
    if outcome is not RelayVerdict.CONFIRMED:
        print("  " + say("next:           {step}", step=next_step(action, trouble, seen, outcome)))


def as_document(
    action: RelayAction,
    trouble: Trouble | None,
    seen: ReadBack,
    outcome: RelayVerdict,
    args: argparse.Namespace,
) -> dict[str, Any]:
    """Shape `--json`."""
    return {
        "ok": outcome in GOOD,
        "port": args.port,
        "model": args.model,
        "address": args.address,
        "action": action.value,
        "reply": "accepted" if trouble is None else trouble.error,
        "outcome": outcome.value,
        "relay_closed": seen.closed,
        "relay_commanded_closed": seen.commanded_closed,
        "current_ma": seen.current_ma,
        "next": None if outcome is RelayVerdict.CONFIRMED else next_step(action, trouble, seen, outcome),
    }


def _seen_in_words(seen: ReadBack) -> str:
    if seen.closed is None:
        return say("nothing: the status could not be read")
    current = say("current not readable") if seen.current_ma is None else f"{seen.current_ma / 1000:.3f} A"
    return (
        say("relay closed, {current}", current=current)
        if seen.closed
        else say("relay open, {current}", current=current)
    )


def next_step(action: RelayAction, trouble: Trouble | None, seen: ReadBack, outcome: RelayVerdict) -> str:
    """Say what a person does about an outcome that is not `confirmed`."""
    if outcome is RelayVerdict.WAITING_KEY:
        return say("Press the key on the meter; it closes then.")
    if outcome is RelayVerdict.UNKNOWN:
        return say("Read again before anything else: the relay may have moved (read --item relay).")
    if action is RelayAction.OPEN and seen.closed is False:
        return say(
            "Current flows although the meter says open: welded contact or a bypass. Send an electrician."
        )
    if outcome is RelayVerdict.DELAYED:
        return say("The meter holds the trip back, as many do above 30 A: lower the load and read again.")
    if trouble is not None:
        return trouble.next_step
    return say("The meter accepted but didn't move: look for keep-power, or a mechanical fault.")
