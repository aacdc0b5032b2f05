"""`cardroom-gateway commission`: find the meters, tie them to rooms, prove each one, print the report (R-G6).

The daemon must be stopped: it owns the lines. Everything is written at once, so that a lost connection loses nothing.
"""

import argparse
import asyncio
import os
import pwd
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from gateway.adapters.control_client import Trouble, ask
from gateway.adapters.control_protocol import SOCKET_NAME, Reply
from gateway.adapters.journal_store import JOURNAL_NAME
from gateway.adapters.journal_store.peek import peek
from gateway.adapters.model_files import BrokenModels, read_models
from gateway.adapters.registry_store import RegistryDamaged
from gateway.adapters.system_clock import SystemClock
from gateway.config import GatewayConfig, load_config, wording
from gateway.config.schema import Clock
from gateway.technician.answer import FAILED, OK, USAGE
from gateway.technician.commission.job import Job
from gateway.technician.commission.notebook import FILE_NAME, Notebook, NotebookInUse, alone
from gateway.technician.commission.plain import InputEnded, PlainStage
from gateway.technician.commission.script import converse
from gateway.technician.commission.script_paper import LABELS_NAME, REPORT_NAME, write_paper
from gateway.technician.commission.stage import Stage, printable
from gateway.technician.commission.wires import Wires
from gateway.technician.config_check import DEFAULT_CONFIG
from gateway.technician.local_time import local
from gateway.technician.registry import DEFAULT_FOLDER
from gateway.words import language, say

PAPERS = {"report": REPORT_NAME, "labels": LABELS_NAME}
LEAVING = (signal.SIGHUP, signal.SIGTERM)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "commission",
        help=say("find the meters, tie them to rooms, prove each one"),
        description=say("Find the meters, tie them to rooms, prove each one; then report and labels."),
    )
    parser.add_argument(
        "paper", nargs="?", choices=list(PAPERS), help=say("only make this PDF from what is on record")
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help=say("folder of the registry (default: the configuration's)")
    )
    parser.add_argument(
        "--config",
        type=Path,
        default=DEFAULT_CONFIG,
        metavar="FILE",
        help=say("default {value}", value=DEFAULT_CONFIG),
    )
    parser.add_argument(
        "--port",
        action="append",
        default=[],
        help=say("a port to search beside those plugged in; may be repeated"),
    )
    parser.add_argument("--name", default="", help=say("who works here (default: the login name)"))
    parser.add_argument("--building", default="", help=say("the building's name on the papers"))
    parser.add_argument("--plain", action="store_true", help=say("plain lines in place of the full screen"))
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help=say("where the PDF goes (default: the folder of the registry)"),
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Hold the conversation or make a paper. Returns 0, 1 when it can't be done, 2 when the question makes no sense."""
    loaded = load_config(args.config)
    config = loaded if isinstance(loaded, GatewayConfig) else None
    mistakes = [] if isinstance(loaded, GatewayConfig) or args.data else loaded
    if mistakes and mistakes[0].code != "no-file":
        return _fail("\n".join(wording(mistake, language()) for mistake in mistakes))
    folder = args.data or (config.gateway.data if config else DEFAULT_FOLDER)
    offset = config.clock.utc_offset_minutes if config else Clock().utc_offset_minutes
    if args.output is not None and args.paper is None:
        return _fail(
            say("--output names the PDF of `commission report` or `commission labels`; add one of them."),
            USAGE,
        )
    try:
        with alone(folder):
            job = _job(args, folder, offset)
            return _paper(job, args) if args.paper else _sit(job, args)
    except NotebookInUse:
        return _fail(
            say("Somebody commissions this gateway on another screen: wait, or leave that one first.")
        )
    except (BrokenModels, RegistryDamaged) as error:
        return _fail(str(error))
    except ModuleNotFoundError as error:
        return _fail(
            say("A part is not installed: {name}. Install the gateway's extra `technician`.", name=error.name)
        )
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read has gone
        return FAILED
    except OSError as error:
        return _fail(
            say(
                "{file}: {why}. See that the folder exists, is yours to write (else: sudo -u cardroom ...) and has room, "
                "or give --data DIR.",
                file=error.filename or folder,
                why=error.strerror,
            )
        )


def _job(args: argparse.Namespace, folder: Path, offset: int) -> Job:
    models, clock = read_models(), SystemClock()
    notebook = Notebook(folder, models, lambda: clock.now().wall_ms, offset)
    configured = peek(folder / JOURNAL_NAME)
    return Job(
        PlainStage(), notebook, Wires(models), models, configured, folder, args.port, _here(clock, offset)
    )


def _here(clock: SystemClock, offset: int) -> Callable[[], datetime | None]:
    def here() -> datetime | None:
        now = clock.now()
        return local(now.wall_ms, offset).replace(tzinfo=None) if now.trusted else None

    return here


def _paper(job: Job, args: argparse.Namespace) -> int:
    from gateway.words.paper_font import NoFont

    if not job.standing.meters:
        return _fail(
            say(
                "Nothing was commissioned in {folder} yet: run `cardroom-gateway commission` first.",
                folder=job.folder,
            )
        )
    name = PAPERS[args.paper]
    file = args.output or job.folder / name
    job.notebook.by = _who(args) or job.standing.by
    try:
        write_paper(job, name, file)
    except NoFont as error:
        return _fail(error.message)
    print(file)
    return OK


def _sit(job: Job, args: argparse.Namespace) -> int:
    answer = ask(job.folder / SOCKET_NAME, "status", timeout_s=5.0)
    if isinstance(answer, Reply) or answer.trouble is not Trouble.NOT_RUNNING:
        return _fail(
            say(
                "The gateway is running and owns the lines. Stop it while you commission: sudo systemctl stop "
                "cardroom-gateway. Start it afterwards: sudo systemctl start cardroom-gateway"
            )
        )
    who = _who(args)
    try:
        asyncio.run(_plainly(job, who, args) if _is_plain(args) else _on_screen(job, who, args))
    except (KeyboardInterrupt, InputEnded, asyncio.CancelledError):
        pass  # left in the middle: everything is on record
    left = job.standing.open_points()
    print(say("Kept in {file}. Meters not proved yet: {count}.", file=job.folder / FILE_NAME, count=left))
    return OK


def _is_plain(args: argparse.Namespace) -> bool:
    is_terminal = all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))
    has_screen = is_terminal and os.environ.get("TERM", "dumb") not in ("", "dumb")
    return bool(args.plain) or not has_screen


def _who(args: argparse.Namespace) -> str:
    """The login name, behind a `sudo`, too; empty where there is none."""
    try:
        return printable(args.name) or os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return ""


async def _plainly(job: Job, who: str, args: argparse.Namespace) -> None:
    await _held(job, PlainStage(), who, args)


async def _on_screen(job: Job, who: str, args: argparse.Namespace) -> None:
    from gateway.technician.commission.screen import CommissionScreen

    app = CommissionScreen(lambda stage: _held(job, stage, who, args))
    await app.run_async(mouse=False)
    if app.conversation is not None:
        await asyncio.gather(app.conversation, return_exceptions=False)


async def _held(job: Job, stage: Stage, who: str, args: argparse.Namespace) -> None:
    """Hold the conversation; a lost connection ends it as Ctrl-C does: a relay under test is closed first."""
    job.stage = stage
    task = asyncio.current_task()
    assert task is not None, "this runs as a task"
    loop = asyncio.get_running_loop()
    for number in LEAVING:
        loop.add_signal_handler(number, task.cancel)
    try:
        await converse(job, who, printable(args.building))
    finally:
        await job.wires.close()


def _fail(what: str, code: int = FAILED) -> int:
    print(what, file=sys.stderr)
    return code
