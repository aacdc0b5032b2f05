"""`cardroom-gateway read --months`: the registers that a meter kept at its own last settlement days (R-4.3.7). Reads only."""

import argparse
import asyncio

from gateway.adapters.serial_bus import SerialBus
from gateway.protocols.driver import Answer, Driver, Item, Refused
from gateway.protocols.models import month_row
from gateway.technician.answer import FAILED, OK, USAGE, print_json
from gateway.technician.one_shot import Trouble, ask, driver_of, explain, model_of, on_line, report_trouble
from gateway.words import say

SETTLEMENTS = 12
"""What the standard has (DL/T 645-2007, annex A: DI0 01 to 0C)."""


def read_months(args: argparse.Namespace) -> int:
    """Read and print them, the newest first. Returns 0, 1 when the meter is silent or refuses, 2 for a model without any."""
    row = model_of(args)
    if isinstance(row, Trouble):
        return report_trouble(row, args, USAGE)
    rows = [month_row(row, month) for month in range(1, SETTLEMENTS + 1)]
    drivers = []
    for one in rows:
        driver = driver_of(one, args) if one is not None else _has_none(args)
        if isinstance(driver, Trouble):
            return report_trouble(driver, args, USAGE)
        drivers.append(driver)
    return asyncio.run(on_line(args, lambda bus: _read(bus, drivers, args)))


def _has_none(args: argparse.Namespace) -> Trouble:
    return Trouble(
        "no-such-item",
        say("A {model} keeps no monthly registers that can be read.", model=args.model),
        say("Its model row has no settled-energy."),
        say("Only DL/T 645-2007 models with that row have them."),
    )


async def _read(bus: SerialBus, drivers: list[Driver], args: argparse.Namespace) -> int:
    """A settlement that the meter doesn't have ends the list."""
    months: list[int] = []
    frames: list[str] = []
    for driver in drivers:
        reply = await ask(bus, driver, Item.SETTLED_ENERGY)
        if isinstance(reply, Answer) and reply.values.settled_wh is not None:
            months.append(reply.values.settled_wh)
            frames.append(reply.raw.hex())
            continue
        if isinstance(reply, Refused) and months:
            break
        trouble = explain(reply, bus, args)
        assert trouble is not None, "a read is answered by an Answer or is explained"
        return report_trouble(trouble, args)
    day = await _settlement_day(bus, drivers[0])
    if args.json:
        print_json(
            {"ok": True, "address": args.address, "settles_on": day, "settled_wh": months, "raw": frames}
        )
    else:
        _show(day, months, args)
    return OK if months else FAILED


async def _settlement_day(bus: SerialBus, driver: Driver) -> tuple[int, int] | None:
    if Item.SETTLEMENT_DAY not in driver.items:
        return None
    reply = await ask(bus, driver, Item.SETTLEMENT_DAY)
    return reply.values.settles_on if isinstance(reply, Answer) else None


def _show(day: tuple[int, int] | None, months: list[int], args: argparse.Namespace) -> None:
    when = (
        say("a day that it doesn't tell")
        if day is None
        else say("day {day}, {hour}:00, by its own calendar", day=day[0], hour=f"{day[1]:02}")
    )
    print(say("meter {meter} ({model}) settles on {when}", meter=args.address, model=args.model, when=when))
    for number, wh in enumerate(months, start=1):
        print(
            "  " + say("settlement {number} ago   {kwh} kWh", number=f"{number:>2}", kwh=f"{wh / 1000:.2f}")
        )
