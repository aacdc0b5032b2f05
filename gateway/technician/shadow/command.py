"""`cardroom-gateway shadow begin|run|compare|report`: beside the old system, writing nothing to any meter (R-G6).

The daemon must be stopped: this is no mode of it. Its lines are opened so that their owner refuses whatever could change a meter.
"""

import argparse
import asyncio
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from gateway.adapters.model_files import BrokenModels, read_models
from gateway.adapters.registry_store import MeterRow, RegistryDamaged, RegistryStore
from gateway.adapters.shadow_book import Opening, Reading, ShadowBook, Terms
from gateway.adapters.system_clock import RealTime
from gateway.contract.quantities import NotAnAmount, Unit, price_from_yuan_per_kwh
from gateway.technician.answer import FAILED, OK, USAGE, print_json
from gateway.technician.local_time import local, minute_of
from gateway.technician.registry import add_folder_command
from gateway.technician.shadow.following import reading_lines, sweep
from gateway.technician.shadow.judging import Row, compare, judge
from gateway.technician.shadow.old_list import OldList, read_list
from gateway.technician.shadow.showing import (
    as_rows,
    comparison_lines,
    verdict_document,
    verdict_lines,
)
from gateway.words import say

OFFSET_MINUTES = 480
LONGEST_PAUSE_MINUTES = 60
SECONDS = 60

Command = Callable[[argparse.Namespace, ShadowBook], int]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    text = say("beside the old system: read, count, compare, change nothing")
    commands = subparsers.add_parser("shadow", help=text, description=text).add_subparsers(
        metavar="begin|run|compare|report", required=True
    )
    first = _command(
        commands, "begin", begin, say("begin anew with the old system's balances; reads every meter once")
    )
    first.add_argument(
        "file", type=Path, metavar="CSV", help=say("room and balance of each room, exported now")
    )
    first.add_argument("--price", default="", metavar="YUAN", help=say("one price per kWh, such as 0.56"))
    first.add_argument(
        "--unit",
        choices=[one.value for one in Unit],
        default=Unit.YUAN.value,
        help=say("what the balances are kept in"),
    )
    first.add_argument("--again", action="store_true", help=say("forget the shadow that runs and begin anew"))
    follow = _command(commands, "run", run_shadow, say("read the meters again and again until stopped"))
    follow.add_argument(
        "--every", type=int, default=15, metavar="MIN", help=say("minutes between two rounds (default 15)")
    )
    follow.add_argument("--once", action="store_true", help=say("one round only"))
    look = _command(commands, "compare", compare_list, say("compare a list of the old system"))
    look.add_argument(
        "file",
        type=Path,
        metavar="CSV",
        help=say("room, balance and, where known, all paid since the beginning"),
    )
    look.add_argument(
        "--at",
        default="",
        metavar="TIME",
        help=say("when it was exported, such as 2026-11-30T18:00 (default: now)"),
    )
    _command(commands, "report", report, say("ready to take over, or not yet"))


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, command: Command, text: str
) -> argparse.ArgumentParser:
    parser = add_folder_command(commands, name, text)
    parser.set_defaults(run=run, command=command)
    return parser


def run(args: argparse.Namespace) -> int:
    """Do one command. Returns 0, 1 when it could not be done or it is not yet time to take over, 2 for nonsense."""
    command: Command = args.command
    try:
        return command(args, ShadowBook(args.data))
    except (BrokenModels, RegistryDamaged) as error:
        return _fail(args, "damaged", str(error))
    except sqlite3.Error as error:
        what = say("The shadow's book {file} can't be used: {why}. See that its folder is there, yours to write, and has room.",
                   file=ShadowBook(args.data).path, why=error)  # fmt: skip
        return _fail(args, "no-book", what)
    except OSError as error:
        return _fail(
            args, "no-access", say("{file}: {why}.", file=error.filename or args.data, why=error.strerror)
        )


def begin(args: argparse.Namespace, book: ShadowBook) -> int:
    """Import the opening balances and read every meter, so that both begin at one moment."""
    price = _price(args)
    if price is None:
        return _fail(
            args,
            "bad-price",
            say("Give the price per kWh in yuan, at most four decimals: --price 0.56"),
            USAGE,
        )
    before = book.terms()
    if before is not None and not args.again:
        time = minute_of(before.began_ms, OFFSET_MINUTES)
        what = say(
            "A shadow began in {folder} at {time}; --again forgets it and begins anew.",
            folder=args.data,
            time=time,
        )
        return _fail(args, "begun-before", what)
    found = read_list(args.file.read_bytes(), args.unit)
    if found.mistakes:
        return _mistakes(args, found)
    readings, meters = asyncio.run(_read_once(args.data))
    if not readings:
        what = say("No meter answered: find and tie them first, and stop the daemon, which owns the lines.")
        return _fail(args, "nothing-read", what)
    at = {meter.location: meter.meter_number for meter in meters if meter.location}
    openings = [Opening(row.room, at.get(row.room, ""), row.balance) for row in found.rows]
    book.begin(Terms(args.unit, price, RealTime().wall_ms()), openings, readings)
    tied = sum(bool(one.meter) for one in openings)
    done = say("Begun: rooms {rooms}, with a meter {tied}, meters read {read} of {all}.",
               rooms=len(openings), tied=tied, read=len(readings), all=len(meters))  # fmt: skip
    return _done(
        args, done, {"rooms": len(openings), "tied": tied, "read": len(readings), "meters": len(meters)}
    )


def _price(args: argparse.Namespace) -> int | None:
    """The price in micro-yuan per kWh; 0 where balances are kWh; None for none that makes sense."""
    if args.unit == Unit.KWH:
        return 0
    try:
        price = int(price_from_yuan_per_kwh(args.price))
    except NotAnAmount:
        return None
    return price if price > 0 else None


async def _read_once(folder: Path) -> tuple[dict[str, Reading], list[MeterRow]]:
    models = read_models()
    registry = RegistryStore(folder, models)
    meters = registry.meters()
    async with reading_lines(registry.lines()) as buses:
        return await sweep(buses, meters, models, RealTime().wall_ms), meters


def run_shadow(args: argparse.Namespace, book: ShadowBook) -> int:
    """Read until stopped; a round that failed is only a gap."""
    if not 1 <= args.every <= LONGEST_PAUSE_MINUTES:
        return _fail(
            args,
            "bad-pause",
            say("--every is a number of minutes from 1 to {most}.", most=LONGEST_PAUSE_MINUTES),
            USAGE,
        )
    if book.terms() is None:
        return _not_begun(args)
    with suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_follow(args, book))
    return OK


async def _follow(args: argparse.Namespace, book: ShadowBook) -> None:
    task = asyncio.current_task()
    assert task is not None, "this runs as a task"
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    while True:
        readings, meters = await _read_once(args.data)
        book.add_readings(readings)
        now = minute_of(RealTime().wall_ms(), OFFSET_MINUTES)
        if args.json:
            print_json({"ok": True, "at": now, "read": len(readings), "meters": len(meters)})
        else:
            print(
                say("{time}: read {read} of {all} meters", time=now, read=len(readings), all=len(meters)),
                flush=True,
            )
        if args.once:
            return
        await asyncio.sleep(args.every * SECONDS)


def compare_list(args: argparse.Namespace, book: ShadowBook) -> int:
    """Keep a list of the old system and show each room beside ours. Returns 1 when any room differs."""
    terms = book.terms()
    if terms is None:
        return _not_begun(args)
    at_ms = _moment(args.at)
    if at_ms is None or not terms.began_ms <= at_ms <= RealTime().wall_ms():
        return _fail(
            args, "bad-time", say("--at is a moment since the shadow began, such as 2026-11-30T18:00."), USAGE
        )
    found = read_list(args.file.read_bytes(), terms.unit)
    if found.mistakes:
        return _mistakes(args, found)
    book.add_list(at_ms, found.rows)
    rows = _compared(book, terms, at_ms)
    if args.json:
        print_json({"ok": True, "at_ms": at_ms, "unit": terms.unit, "rows": as_rows(rows)})
    else:
        print("\n".join(comparison_lines(terms, rows, at_ms, OFFSET_MINUTES)))
    return OK if all(row.reason == "equal" for row in rows) else FAILED


def _moment(typed: str) -> int | None:
    """Give ms UTC; a time without an offset is China's."""
    if not typed:
        return RealTime().wall_ms()
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        return None
    zone = local(0, OFFSET_MINUTES).tzinfo
    return round((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp() * 1000)


def _compared(book: ShadowBook, terms: Terms, at_ms: int) -> list[Row]:
    openings = book.openings()
    readings = {one.meter: book.readings(one.meter) for one in openings if one.meter}
    return compare(terms, openings, readings, book.listed(at_ms), at_ms)


def report(args: argparse.Namespace, book: ShadowBook) -> int:
    """Show every list that is kept and the verdict. Returns 0 when ready, else 1."""
    terms = book.terms()
    if terms is None:
        return _not_begun(args)
    compared = {at_ms: _compared(book, terms, at_ms) for at_ms in book.lists()}
    verdict = judge(compared)
    if args.json:
        print_json(verdict_document(terms, compared, verdict))
    else:
        for at_ms, rows in compared.items():
            print("\n".join(comparison_lines(terms, rows, at_ms, OFFSET_MINUTES)), end="\n\n")
        print("\n".join(verdict_lines(verdict, len(compared))))
    return OK if verdict.ready else FAILED


def _not_begun(args: argparse.Namespace) -> int:
    what = say(
        "No shadow has begun in {folder}: `cardroom-gateway shadow begin CSV --price YUAN` begins one.",
        folder=args.data,
    )
    return _fail(args, "not-begun", what)


def _mistakes(args: argparse.Namespace, found: OldList) -> int:
    count = say("Nothing was taken; mistakes: {count}", count=len(found.mistakes))
    return _fail(args, "bad-rows", "\n".join([count, *found.mistakes]))


def _done(args: argparse.Namespace, done: str, facts: dict[str, int]) -> int:
    if args.json:
        print_json({"ok": True, **facts})
    else:
        print(done)
    return OK


def _fail(args: argparse.Namespace, error: str, what: str, code: int = FAILED) -> int:
    if args.json:
        print_json({"ok": False, "error": error, "what": what})
    else:
        print(what, file=sys.stderr)
    return code
