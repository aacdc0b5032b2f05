"""`cardroom-firmware demo`: a campus at work on this machine, with a desk to sell at, until Ctrl-C."""

import argparse
import asyncio
import contextlib
import fcntl
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from firmware_tools.campus.demo_clock import DemoClock, real_now_ms
from firmware_tools.campus.demo_layout import demo_campus
from firmware_tools.campus.folder import Folder
from firmware_tools.campus.opening import ADMIN, CASHIER, SIGNERS, WORKERS
from firmware_tools.campus.parts import LOOPBACK, CommandFailed, Ports
from firmware_tools.campus.session import MAX_PORT, Session, free_port
from firmware_tools.campus.supervisor import PartFailed
from firmware_tools.terminal.arguments import arguments_of
from gateway.words import mark, say

KEEP_CLOCK_S = 1
DAY_MS = 86_400_000
CAMPUS_OFFSET_MS = 8 * 3_600_000
FIRST_HOUR_MS = 18 * 3_600_000 + 30 * 60_000
"""A new campus begins at half past six in the evening: the desk is open and rooms use most."""
MQTT_PORT = 18_830
STOPPED = mark("Stopped. Everything is kept; the campus goes on from here at the next start.")
STOPPED_EARLY = mark("Stopped before the campus was ready; the next start sets it up anew.")


class DemoTrouble(RuntimeError):
    """The demo can't start; the text says why and what to do."""


def run(arguments: list[str]) -> int:
    """Run until Ctrl-C; 1, with a message, when it can't start."""
    options = _parser().parse_args(arguments)
    folder = Folder(options.dir.absolute())
    try:
        with _only_one(folder):
            asyncio.run(_demo(folder, rate=options.rate, reset=options.reset, web_port=options.port))
    except DemoTrouble as error:
        print(say("The demo can't start. {why}", why=error), file=sys.stderr)
        return 1
    except (PartFailed, CommandFailed, OSError) as error:
        print(
            say("The demo can't go on. {why}\nLogs are in {logs}.", why=error, logs=folder.logs),
            file=sys.stderr,
        )
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = arguments_of(
        "demo", say("A campus at work on this machine, with a desk to sell at, until Ctrl-C.")
    )
    add = parser.add_argument
    add(
        "--dir",
        type=Path,
        default=Path("var/demo"),
        help=say("where everything is kept (default var/demo)"),
    )
    add(
        "--rate",
        type=_rate,
        default=60,
        help=say("how many times faster than the world time runs (default 60)"),
    )
    add("--reset", action="store_true", help=say("forget what is there and start anew"))
    add(
        "--port",
        type=_port,
        default=8000,
        help=say("web port; the next free one when it is busy (default 8000)"),
    )
    return parser


def _rate(text: str) -> int:
    if text.isdecimal() and int(text) >= 1:
        return int(text)
    wrong = say("{value} is no rate: a whole number from 1, such as 60", value=repr(text))
    raise argparse.ArgumentTypeError(wrong)


def _port(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= MAX_PORT:
        return int(text)
    wrong = say(
        "{value} is no port: a number from 1 to {most}, such as 8000", value=repr(text), most=MAX_PORT
    )
    raise argparse.ArgumentTypeError(wrong)


async def _demo(folder: Folder, *, rate: int, reset: bool, web_port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if reset or not folder.opened.exists():
        _clear(folder)
    clock = DemoClock.resume(folder.root, rate, _first_evening_ms())
    ports = Ports(web=free_port(web_port), mqtt=free_port(MQTT_PORT))
    if ports.web != web_port:
        _show(say("Port {port} is in use; the pages will be on {other}.", port=web_port, other=ports.web))
    session = Session(demo_campus(), folder, ports, _show)
    starting = asyncio.create_task(session.start())
    try:
        await _until_done_or_stopped(starting, stop)
        if not stop.is_set():
            _show(welcome(folder, ports, rate))
        while not stop.is_set():
            clock.keep()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), KEEP_CLOCK_S)
    finally:
        _show(say("Stopping ..."))
        await session.stop()
        clock.stop()
        _show(say(STOPPED if folder.opened.exists() else STOPPED_EARLY))


async def _until_done_or_stopped(task: asyncio.Task[None], stop: asyncio.Event) -> None:
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
    elif task.exception() is not None:
        task.result()


WELCOME = mark(
    """
  Open       {address}
  Cashier    {cashier}
  Admin      {admin}
  Signers    {signers}
  At work    {workers}

  Time runs {rate} times as fast as the world's. What to look at:
    1-105    uses 1.8 kW: runs out about a minute after the first start, and again after each payment; its relay opens.
             Pay for it at the desk and watch "credited" turn into "supplied".
    1-103    protected and unpaid: below zero, never cut
    1-107    unpaid, its relay is welded: it says open, current flows on, and that is what the screen says
    1-109    its meter is dead: silent, and the rooms beside it don't suffer
    2-204    keeps its balance in kWh; 2-207 and 2-208 are Modbus meters, the second without a relay
    3-S1     a merchant, with another tariff
    Losses   building 2's master counts more than its rooms: somebody taps it. Sign in as director, The office, Balances;
             figures come after an hour of demo time, the verdict on a day after that day.
    Rounds   sign in as warden, best on a phone, The office, Rounds: building 2 floor by floor
    Readings sign in as electrician, best on a phone, The office, Readings: building 2's meters read by hand
    Workshop sign in as keeper, The office, Workshop: models and places first, then what hangs on walls; as technician,
             Faults: after some hours of demo time 1-109's dead meter has one

  Everything is in {folder}; each program's log is in {logs}.
  Ctrl-C stops everything. The next start goes on from there; `make demo RESET=1` starts anew.
"""
)


def welcome(folder: Folder, ports: Ports, rate: int) -> str:
    """What a person needs to know, in one screen."""
    return say(
        WELCOME,
        address=f"http://{LOOPBACK}:{ports.web}/",
        cashier=f"{CASHIER.name} / {CASHIER.password}",
        admin=f"{ADMIN.name} / {ADMIN.password}",
        signers=f"{' '.join(one.name for one in SIGNERS.values())} / {next(iter(SIGNERS.values())).password}",
        workers="\n             ".join(f"{one.name} / {one.password}" for one in WORKERS.values()),
        rate=rate,
        folder=folder.root,
        logs=folder.logs,
    )


def _first_evening_ms() -> int:
    local_ms = real_now_ms() + CAMPUS_OFFSET_MS
    return local_ms - local_ms % DAY_MS + FIRST_HOUR_MS - CAMPUS_OFFSET_MS


@contextlib.contextmanager
def _only_one(folder: Folder) -> Iterator[None]:
    """Two demos in one folder would write over each other."""
    try:
        folder.root.mkdir(parents=True, exist_ok=True)
        lock_file = (folder.root / "lock").open("a")
    except OSError as error:
        raise DemoTrouble(
            say(
                "{folder} can't be used ({why}). Name a folder of yours with --dir.",
                folder=folder.root,
                why=error.strerror,
            )
        ) from error
    with lock_file as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoTrouble(
                say(
                    "A demo already runs in {folder}. Stop it with Ctrl-C, or name another --dir.",
                    folder=folder.root,
                )
            ) from error
        yield


def _clear(folder: Folder) -> None:
    """Forget a campus; only a folder that holds one, or nothing, is ever emptied."""
    found = [path for path in folder.root.iterdir() if path.name != "lock"]
    if found and not (folder.clock.exists() or folder.logs.exists()):
        raise DemoTrouble(
            say(
                "{folder} holds other things than a demo. Name an empty folder with --dir.",
                folder=folder.root,
            )
        )
    for path in found:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _show(text: str) -> None:
    print(text, flush=True)
