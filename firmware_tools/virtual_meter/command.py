"""`cardroom-firmware virtual-meter`: arguments in, a running line or campus out, one JSON line on stdout per started line."""

import argparse
import asyncio
import json
import selectors
import signal
import sqlite3
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from firmware_tools.terminal.arguments import arguments_of
from firmware_tools.virtual_meter.campus import Campus
from firmware_tools.virtual_meter.campus_file import CampusSpec, LineSpec, Settings, check_campus, read_campus
from firmware_tools.virtual_meter.control import ControlServer
from firmware_tools.virtual_meter.meter_spec import MeterSpec
from firmware_tools.virtual_meter.models import MODELS
from gateway.words import say

DEFAULT_MODELS = {"dlt645": "dlt645-1p", "modbus": "sdm120"}


def run(arguments: list[str]) -> int:
    """Run until SIGINT or SIGTERM; return 2, with a message on stderr, when that isn't possible."""
    options = _parser().parse_args(arguments)
    try:
        with asyncio.Runner(loop_factory=precise_loop) as runner:
            runner.run(_serve(options))
    except (ValueError, OSError) as error:
        print(f"virtual-meter: {error}", file=sys.stderr)
        return 2
    except sqlite3.Error as error:
        print(
            say(
                "virtual-meter: the truth file can't be written ({why}); see to the disk and start again",
                why=error,
            ),
            file=sys.stderr,
        )
        return 2
    return 0


def precise_loop() -> asyncio.AbstractEventLoop:
    """Return a loop whose timers keep microseconds: epoll rounds up to a millisecond, too coarse for bytes at 9600 baud."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


def _parser() -> argparse.ArgumentParser:
    parser = arguments_of(
        "virtual-meter",
        say(
            "Be one meter on a line, or with --campus all meters of a file. Prints one JSON line per line that is up."
        ),
    )
    parser.add_argument(
        "--campus", type=Path, help=say("TOML file with lines and meters, instead of one meter")
    )
    parser.add_argument("--control", type=Path, help=say("unix socket for JSON orders"))
    one = parser.add_argument_group(say("one meter"))
    one.add_argument("--port", default="pty", help=say("pty, pty:LINK or tcp:[HOST:]PORT (default pty)"))
    one.add_argument("--protocol", choices=DEFAULT_MODELS, help=say("by default the model's, or dlt645"))
    one.add_argument("--model", choices=MODELS, help=say("by default the protocol's plain one-phase meter"))
    one.add_argument("--address", default="1", help=say("up to 12 digits, or a Modbus unit number"))
    one.add_argument("--baud", type=int, default=2400, help=say("speed of the line (default 2400)"))
    one.add_argument("--parity", choices="NEO", default="E", help=say("E and O pace 11 bits per byte, N 10"))
    one.add_argument(
        "--load",
        default="500W",
        help=say("what it feeds: 500W, 1.2kW, script, dormitory:4.5, steps:0=500,60=0, trace:FILE.csv"),
    )
    one.add_argument("--register", default="0.00", help=say("kWh at the start"))
    one.add_argument("--clock-file", type=Path, help=say("JSON with demo_epoch_ms, real_epoch_ms, rate"))
    one.add_argument("--truth", type=Path, help=say("SQLite file for true energy and the meter's memory"))
    return parser


async def _serve(options: argparse.Namespace) -> None:
    spec, base = (
        (read_campus(options.campus), options.campus.parent)
        if options.campus
        else (_one_meter(options), Path())
    )
    campus = Campus(spec, base)
    control = ControlServer(campus, options.control) if options.control else None
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    broken: asyncio.Future[None] = loop.create_future()
    loop.set_exception_handler(lambda _, context: _give_up(broken, context))
    try:
        if control is not None:
            await control.start()
        await campus.start()
        for line in campus.lines.values():
            started = {
                "line": line.name,
                "port": line.address,
                "meters": [meter.name for meter in line.meters],
            }
            print(json.dumps(started), flush=True)
        await _first_of(campus.run(), stop.wait(), broken)
    finally:
        if control is not None:
            await control.stop()
        await campus.stop()


def _give_up(broken: asyncio.Future[None], context: dict[str, Any]) -> None:
    """End the process with the error of a timer, which nobody awaits: truth that can't be written is no truth."""
    if not broken.done():
        broken.set_exception(context.get("exception") or RuntimeError(context["message"]))


async def _first_of(*ends: Awaitable[object]) -> None:
    tasks = [asyncio.ensure_future(end) for end in ends]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    for task in done:
        await task


def _one_meter(options: argparse.Namespace) -> CampusSpec:
    model = options.model or DEFAULT_MODELS[options.protocol or "dlt645"]
    if options.protocol not in (None, MODELS[model].protocol):
        raise ValueError(
            f"--model {model} speaks {MODELS[model].protocol}, not {options.protocol}: leave --protocol out, or change one of them"
        )
    meter = MeterSpec(
        name="meter",
        address=options.address,
        model=model,
        load=options.load,
        register_kwh=options.register,
    )
    line = LineSpec(name="line", port=options.port, baud=options.baud, parity=options.parity, meter=[meter])
    settings = Settings(clock_file=str(options.clock_file or ""), truth=str(options.truth or ""))
    spec = CampusSpec(campus=settings, line=[line])
    check_campus(spec)
    return spec
