"""One meter on one line with no daemon running: open, ask, explain what went wrong, close.

The words for people are here, once for all commands of this kind: what happened, why, what to do next. It decides nothing about
credit and writes nothing down.
"""

import argparse
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.adapters.model_files import BrokenModels, read_models
from gateway.adapters.serial_bus import SerialBus, open_line
from gateway.application.ports import BackedOff, Garbled, LineGone, LineReply, Rank, Silent
from gateway.protocols.driver import Accepted, Answer, Driver, Item, Refused
from gateway.protocols.meters import address_mistake, make_driver
from gateway.protocols.models import ModelRow
from gateway.technician.answer import FAILED, print_json
from gateway.words import language, mark, reason_in, say


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a command did not do its work; `error` is a stable word for programs."""

    error: str
    what: str
    why: str
    next_step: str

    def __str__(self) -> str:
        why = say("why:  {why}", why=self.why)
        next_step = say("next: {next_step}", next_step=self.next_step)
        return f"{self.what}\n  {why}\n  {next_step}"

    def as_json(self) -> dict[str, str]:
        """The same for `--json`."""
        return {"error": self.error, "what": self.what, "why": self.why, "next": self.next_step}


def add_meter_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say where a meter is and what it is."""
    parser.add_argument("--port", required=True, help=say("/dev/ttyUSB0 or socket://HOST:PORT"))
    parser.add_argument("--baud", type=int, help=say("speed of the line (default: the model's)"))
    parser.add_argument(
        "--parity", choices=["N", "E", "O"], help=say("parity of the line (default: the model's)")
    )
    parser.add_argument(
        "--model", required=True, help=say("meter model; an unknown one is answered by the list")
    )
    parser.add_argument("--address", required=True, help=say("the meter's address on its line"))
    parser.add_argument(
        "--ct-ratio", type=int, default=1, help=say("current transformer, e.g. 40 for 200/5 (default 1)")
    )
    parser.add_argument("--json", action="store_true", help=say("print one JSON object"))


def meter_of(
    args: argparse.Namespace, password: str | None = None, operator: str | None = None
) -> Driver | Trouble:
    """Make the driver that the arguments name; fill in the model's own speed and parity where none were given."""
    row = model_of(args)
    if isinstance(row, Trouble):
        return row
    return driver_of(row, args, password, operator)


def driver_of(
    row: ModelRow, args: argparse.Namespace, password: str | None = None, operator: str | None = None
) -> Driver | Trouble:
    """Make the driver of a model at the address that the arguments name."""
    args.baud = row.line.baud if args.baud is None else args.baud
    args.parity = args.parity or row.line.parity
    if args.baud <= 0:
        return Trouble(
            "bad-baud",
            say("{baud} is no speed.", baud=args.baud),
            say("A line has a speed above 0."),
            say("Use 2400 or 9600."),
        )
    if mistake := address_mistake(row, args.address):
        what = say("{address} is no address of a {model}.", address=repr(args.address), model=args.model)
        next_step = say(
            "Read the address off the meter's plate: 12 digits for DL/T 645, 1 to 247 for Modbus."
        )
        return Trouble("bad-address", what, mistake, next_step)
    try:
        return make_driver(
            row, args.address, args.ct_ratio, baud=args.baud, password=password, operator=operator
        )
    except ValueError as error:
        return Trouble(
            "bad-value", say("The meter can't be described so."), str(error), say("Correct --ct-ratio.")
        )


def model_of(args: argparse.Namespace) -> ModelRow | Trouble:
    """Give the model that the arguments name."""
    try:
        models = read_models()
    except BrokenModels as error:
        return Trouble(
            "broken-models",
            say("The meter models can't be used."),
            str(error),
            say("Correct them or install again."),
        )
    if args.model in models:
        return models[args.model]
    return Trouble(
        "unknown-model",
        say("There is no meter model {model}.", model=repr(args.model)),
        say("A model is a row of the gateway's."),
        say("Use one of: {models}.", models=", ".join(sorted(models))),
    )


async def on_line(args: argparse.Namespace, work: Callable[[SerialBus], Awaitable[int]]) -> int:
    """Open the line, do the work, close the line."""
    bus = open_line("technician", args.port, args.baud, args.parity)
    owner = bus.start()
    try:
        return await work(bus)
    finally:
        await bus.close()
        if not owner.cancelled():
            owner.result()


async def ask(bus: SerialBus, driver: Driver, item: Item) -> LineReply:
    """Ask for one item now: no poll, so never backed off."""
    return await bus.read(driver, item, Rank.READ_BACK)


def explain(reply: LineReply, bus: SerialBus, args: argparse.Namespace) -> Trouble | None:
    """Put a reply that is no answer into words; None for one that is."""
    meter = args.address
    match reply:
        case Answer() | Accepted():
            return None
        case Refused(reason=reason):
            what = say("The meter {meter} refused.", meter=meter)
            return Trouble(f"refused:{reason}", what, *_refusal(reason))
        case Silent(tries=tries):
            what = say("No answer from meter {meter} in {tries} tries.", meter=meter, tries=tries)
            return Trouble("silent", what, *_silence(bus, args))
        case Garbled(reason=reason):
            what = say("Bytes came from the line, but no good answer of meter {meter}.", meter=meter)
            return Trouble(f"garbled:{reason}", what, *_garbled(reason))
        case LineGone(why=why):
            return _port_trouble(bus, args, why)
        case BackedOff(again_in_ms=again_in_ms):
            return Trouble(
                "backed-off",
                say("The meter {meter} was not asked.", meter=meter),
                say("It was silent lately."),
                say("Wait {ms} ms.", ms=again_in_ms),
            )


def _silence(bus: SerialBus, args: argparse.Namespace) -> tuple[str, str]:
    why = say(
        "Wrong address, no power, wires A/B swapped or open, another speed or parity: "
        "a meter says nothing to what it can't read."
    )
    if bus.counters().get("echoes"):
        why = f"{why} {say('The adapter hears itself (echo), so port and adapter work.')}"
    next_step = say(
        "Check the address on the plate, A and B, and the meter's speed (now {baud} {parity}): "
        "DL/T 645 is mostly 2400 E, older meters 1200 E, Modbus mostly 9600 N.",
        baud=args.baud,
        parity=args.parity,
    )
    return why, next_step


REFUSALS = {
    "password": (
        mark("Password or operator code is not the meter's."),
        mark("Ask who commissioned the meter for its level-02 password."),
    ),
    "no-such-data": (
        mark("The meter doesn't have this item."),
        mark("Leave the item out, or check the model."),
    ),
    "expired": (
        mark("The command came too late by the meter's own clock."),
        mark("Compare the meter's clock (--item clock) and set it."),
    ),
    "keep-power": (
        mark("The meter is told to keep power on."),
        mark("End keep-power first; until then it can't be cut off."),
    ),
}


def _refusal(reason: str) -> tuple[str, str]:
    if reason in REFUSALS:
        why, next_step = REFUSALS[reason]
        return say(why), say(next_step)
    next_step = say("Check model and password; the meter's manual explains its error word.")
    return say("It says: {reason}.", reason=reason), next_step


GARBLED = {
    "wrong-parity": (
        mark("The bytes look like the wrong parity."),
        mark("Try --parity N, then E; the Pi's mini-UART has no parity at all."),
    ),
    "wrong-baud": (
        mark("The bytes look like another speed."),
        mark("Try --baud 1200, 4800, 9600."),
    ),
    "swapped-wires": (
        mark("The bytes look inverted: A and B are swapped."),
        mark("Swap A and B at the adapter, then try again."),
    ),
    "collision": (
        mark("Two meters seem to answer at once."),
        mark("Look for a second meter with this address: unplug half of the line."),
    ),
    "other-meter": (
        mark("Another meter answered."),
        mark("Check the address; look for a second master on the line."),
    ),
}


def _garbled(reason: str) -> tuple[str, str]:
    if reason in GARBLED:
        why, next_step = GARBLED[reason]
        return say(why), say(next_step)
    next_step = say("Check A/B, the shield and the 120 ohm ends; try another speed or parity.")
    return say("The last one was damaged: {reason}.", reason=reason), next_step


def _port_trouble(bus: SerialBus, args: argparse.Namespace, why: str) -> Trouble:
    if bus.trouble is None:
        return Trouble(
            "port-lost",
            say("The port {port} went away.", port=args.port),
            why,
            say("Check the adapter's plug and cable, then try again."),
        )
    trouble = bus.trouble
    what = say("Port {port} can't be opened.", port=args.port)
    return Trouble(
        f"port-{trouble.fault.value}", what, str(reason_in(language(), trouble.detail)), trouble.remedy
    )


def report_trouble(trouble: Trouble, args: argparse.Namespace, exit_code: int = FAILED) -> int:
    """Print a trouble: JSON on stdout with `--json`, else for people on stderr."""
    if args.json:
        print_json(
            {
                "ok": False,
                "port": args.port,
                "model": args.model,
                "address": args.address,
                **trouble.as_json(),
            }
        )
    else:
        print(trouble, file=sys.stderr)
    return exit_code
