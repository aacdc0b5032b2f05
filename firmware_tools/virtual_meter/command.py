"""`cardroom-firmware virtual-meter`: arguments in, a running line or campus out, one JSON line on stdout per started line."""

import argparse
import asyncio
import selectors
import signal
import sys
from pathlib import Path

import msgspec

from firmware_tools.virtual_meter.endpoint import Endpoint, PtyEndpoint, TcpEndpoint
from firmware_tools.virtual_meter.line import VirtualLine
from firmware_tools.virtual_meter.meter import MeterSpec, VirtualMeter
from firmware_tools.virtual_meter.models import MODELS
from firmware_tools.virtual_meter.wall_clock import WallClock


def run(arguments: list[str]) -> int:
    """Run until SIGINT or SIGTERM; return 2, with a message on stderr, on arguments that make no sense."""
    options = _parser().parse_args(arguments)
    try:
        with asyncio.Runner(loop_factory=precise_loop) as runner:
            runner.run(_serve(options))
    except (ValueError, OSError) as error:
        print(f"virtual-meter: {error}", file=sys.stderr)
        return 2
    return 0


def precise_loop() -> asyncio.AbstractEventLoop:
    """Return a loop whose timers keep microseconds: epoll rounds up to a millisecond, too coarse for bytes at 9600 baud."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cardroom-firmware virtual-meter", description="Be one meter on a line."
    )
    parser.add_argument("--port", default="pty", help="pty, pty:LINK or tcp:PORT (default pty)")
    parser.add_argument("--model", default="dlt645-1p", choices=MODELS)
    parser.add_argument("--address", default="1", help="12 digits, or a Modbus unit number")
    parser.add_argument("--baud", type=int, default=2400)
    parser.add_argument("--parity", choices="NEO", default="E")
    parser.add_argument("--load", default="500W")
    parser.add_argument("--register", default="0.00", help="kWh at the start")
    parser.add_argument("--clock-file", type=Path)
    return parser


def open_endpoint(port: str, base: Path = Path()) -> Endpoint:
    """Turn `pty`, `pty:LINK` or `tcp:[HOST:]PORT` into an endpoint; raise ValueError on anything else."""
    kind, _, rest = port.partition(":")
    if kind == "pty":
        return PtyEndpoint(base / rest if rest else None)
    host, _, number = rest.rpartition(":")
    if kind == "tcp" and number.isdigit():
        return TcpEndpoint(int(number), host or "127.0.0.1")
    raise ValueError(f"port {port!r} is not understood: write pty, pty:LINK or tcp:PORT")


async def _serve(options: argparse.Namespace) -> None:
    clock = WallClock.from_file(options.clock_file) if options.clock_file else WallClock()
    spec = MeterSpec(
        name="meter",
        address=options.address,
        model=options.model,
        load=options.load,
        register_kwh=options.register,
    )
    meter = VirtualMeter(spec, clock.now_ms())
    line = VirtualLine([meter], open_endpoint(options.port), clock, baud=options.baud, parity=options.parity)
    await line.start()
    print(msgspec.json.encode({"line": line.name, "port": line.address}).decode(), flush=True)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await line.stop()
