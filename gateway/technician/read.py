"""`cardroom-gateway read`: ask one meter, with no daemon running. Reads only; changes nothing."""

import argparse
import asyncio
from typing import Any

import msgspec

from gateway.adapters.serial_bus import SerialBus
from gateway.protocols.driver import Answer, Driver, Item, MeterClock, MeterDate, MeterTime, Refused, Values
from gateway.technician.answer import FAILED, OK, USAGE, print_json
from gateway.technician.config_check import add_config_option
from gateway.technician.lock_shown import warn_of_locks
from gateway.technician.months import read_months
from gateway.technician.one_shot import (
    Trouble,
    add_meter_arguments,
    ask,
    explain,
    meter_of,
    on_line,
    report_trouble,
)
from gateway.technician.table import columns_of
from gateway.words import mark, say

ALL = "all"
ITEM_COLUMNS = 16
ITEM_WORDS: dict[str, str] = {
    Item.ENERGY: mark("energy"),
    Item.VOLTAGE: mark("voltage"),
    Item.CURRENT: mark("current"),
    Item.POWER: mark("power"),
    Item.POWER_FACTOR: mark("power-factor"),
    Item.FREQUENCY: mark("frequency"),
    Item.RELAY: mark("relay"),
    Item.CLOCK: mark("clock"),
    Item.DATE: mark("date"),
    Item.TIME: mark("time"),
    Item.IDENTITY: mark("identity"),
    Item.REVERSE_ENERGY: mark("reverse-energy"),
    Item.FROZEN_ENERGY: mark("frozen-energy"),
    Item.SETTLED_ENERGY: mark("settled-energy"),
    Item.SETTLEMENT_DAY: mark("settlement-day"),
    Item.FROZEN_AT: mark("frozen-at"),
    Item.COVER_OPENINGS: mark("cover-openings"),
    Item.STATUS_WORDS: mark("status-words"),
}
"""The items' own names in English: they are what `--item` takes."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "read",
        help=say("read one meter on a line"),
        description=say("Asks one meter, with no daemon running. Reads only; changes nothing."),
    )
    add_meter_arguments(parser)
    parser.add_argument(
        "--item", choices=[*Item, ALL], default=Item.ENERGY.value, help=say("what to read (default energy)")
    )
    parser.add_argument(
        "--months",
        action="store_true",
        help=say("read the energy at the meter's last 12 settlements instead"),
    )
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read and print. Returns 0, 1 when the meter is silent or refuses, 2 when the question makes no sense."""
    driver = meter_of(args)
    if isinstance(driver, Trouble):
        return report_trouble(driver, args, USAGE)
    if args.months:
        return read_months(args)
    items = [item for item in Item if item in driver.items] if args.item == ALL else [Item(args.item)]
    if not driver.items.issuperset(items):
        return report_trouble(_lacks(driver, items[0], args), args, USAGE)
    warn_of_locks(args)
    return asyncio.run(on_line(args, lambda bus: _read(bus, driver, items, args)))


def _lacks(driver: Driver, item: Item, args: argparse.Namespace) -> Trouble:
    return Trouble(
        "no-such-item",
        say("A {model} has no {item}.", model=args.model, item=item.value),
        say("Its model row doesn't list it."),
        say("It has: {items}.", items=", ".join(sorted(driver.items))),
    )


async def _read(bus: SerialBus, driver: Driver, items: list[Item], args: argparse.Namespace) -> int:
    """Read the items in turn. An item refused among many is noted; silence ends the reading."""
    answers: dict[Item, Answer] = {}
    refused: dict[Item, Trouble] = {}
    for item in items:
        reply = await ask(bus, driver, item)
        if isinstance(reply, Answer):
            answers[item] = reply
            continue
        trouble = explain(reply, bus, args)
        assert trouble is not None, "a read is answered by an Answer or is explained"
        if not isinstance(reply, Refused) or len(items) == 1:
            return report_trouble(trouble, args)
        refused[item] = trouble
    _show(answers, refused, args)
    return OK if answers else FAILED


def _show(answers: dict[Item, Answer], refused: dict[Item, Trouble], args: argparse.Namespace) -> None:
    if args.json:
        print_json(as_document(answers, refused, args))
        return
    print(say("meter {meter} ({model}) on {port}", meter=args.address, model=args.model, port=args.port))
    for item, answer in answers.items():
        print(f"  {padded(item)}{in_words(item, answer.values)}")
    for item, trouble in refused.items():
        print(f"  {padded(item)}{trouble.error}")


def padded(item: Item) -> str:
    """Name an item in a column of its own."""
    name = say(ITEM_WORDS[item])
    return name + " " * (ITEM_COLUMNS - columns_of(name))


def as_document(
    answers: dict[Item, Answer], refused: dict[Item, Trouble], args: argparse.Namespace
) -> dict[str, Any]:
    """Shape `--json`: all values by their names with units, the frames as evidence, what was refused."""
    values: dict[str, Any] = {}
    for answer in answers.values():
        values |= said_values(answer.values)
    return {
        "ok": bool(answers),
        "port": args.port,
        "model": args.model,
        "address": args.address,
        **values,
        "raw": {item.value: answer.raw.hex() for item, answer in answers.items()},
        "refused": {item.value: trouble.error for item, trouble in refused.items()},
    }


def said_values(values: Values) -> dict[str, Any]:
    """Keep what the meter said; its calendar as text, for it has no zone."""
    said = msgspec.structs.asdict(values)
    calendar = (MeterClock, MeterDate, MeterTime)
    return {
        name: str(value) if isinstance(value, calendar) else value
        for name, value in said.items()
        if value is not None
    }


def in_words(item: Item, values: Values) -> str:
    """Say one answer to a person, with its unit."""
    match item:
        case Item.ENERGY:
            return scaled(values.energy_wh, 1000, 2, "kWh")
        case Item.VOLTAGE:
            return scaled(values.voltage_mv, 1000, 1, "V")
        case Item.CURRENT:
            return scaled(values.current_ma, 1000, 3, "A")
        case Item.POWER:
            return scaled(values.power_w, 1000, 3, "kW")
        case Item.POWER_FACTOR:
            return scaled(values.power_factor_milli, 1000, 3, "")
        case Item.FREQUENCY:
            return scaled(values.frequency_mhz, 1000, 2, "Hz")
        case Item.RELAY:
            return relay_text(values)
        case Item.CLOCK:
            return str(values.clock or "-")
        case Item.DATE:
            return str(values.date or "-")
        case Item.TIME:
            return str(values.time or "-")
        case Item.IDENTITY:
            return values.identity or "-"
        case Item.REVERSE_ENERGY:
            return scaled(values.reverse_wh, 1000, 2, "kWh")
        case Item.FROZEN_ENERGY:
            return scaled(values.frozen_wh, 1000, 2, "kWh")
        case Item.SETTLED_ENERGY:
            return scaled(values.settled_wh, 1000, 2, "kWh")
        case Item.SETTLEMENT_DAY:
            return settles_text(values)
        case Item.FROZEN_AT:
            return str(values.frozen_at or "-")
        case Item.COVER_OPENINGS:
            return scaled(values.cover_openings, 1, 0, say("times"))
        case Item.STATUS_WORDS:
            return " ".join(f"{word:04X}" for word in values.status_words or ()) or "-"


def scaled(value: int | None, divisor: int, places: int, unit: str) -> str:
    """Show an integer in a larger unit; `-` for a phase or value that is not there."""
    return "-" if value is None else f"{value / divisor:.{places}f} {unit}".rstrip()


def settles_text(values: Values) -> str:
    """Say when in the month a meter settles."""
    if values.settles_on is None:
        return "-"
    return say("day {day}, {hour}:00", day=values.settles_on[0], hour=f"{values.settles_on[1]:02}")


def relay_text(values: Values) -> str:
    """Say where the relay is, and what it was last told when that differs."""
    if values.relay_closed is None:
        return "-"
    text = say("closed") if values.relay_closed else say("open")
    if values.relay_commanded_closed in (None, values.relay_closed):
        return text
    if values.relay_commanded_closed:
        return say("{state} (told to close, not done yet)", state=text)
    return say("{state} (told to open, not done yet)", state=text)
