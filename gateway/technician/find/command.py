"""`cardroom-gateway find`: which meters hang on which line, at which speed, and what each one is. Writes nothing to any meter.

Stopped by Ctrl-C it goes on with the same command; what was found is kept. With --save it goes into the registry.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gateway.adapters.model_files import BrokenModels, read_models
from gateway.adapters.registry_store import RegistryDamaged, RegistryStore
from gateway.config.load import load_config
from gateway.technician.answer import FAILED, OK, USAGE, print_json
from gateway.technician.config_check import add_config_option
from gateway.technician.find.found import FindState, Found, PortDone, Progress, Trouble
from gateway.technician.find.meter_findings import meter_findings
from gateway.technician.find.plan import ALL_PROTOCOLS, DLT645, Plan
from gateway.technician.find.ports import ports_of
from gateway.technician.find.registering import save, undo
from gateway.technician.find.screen import Screen
from gateway.technician.find.searching import find
from gateway.technician.find.state_file import SearchRunning, StateFile
from gateway.technician.find.together import Together
from gateway.technician.find.troubles import trouble_finding
from gateway.technician.find.wording import tables
from gateway.technician.findings import Finding, as_json, lines_of
from gateway.technician.registry import DEFAULT_FOLDER
from gateway.words import say

FASTEST_BAUD = 1_000_000
SAVE_EVERY_S = 2.0
PROTOCOLS = {"dlt645": DLT645, **{name: (name,) for name in ALL_PROTOCOLS}}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    summary = say("find the lines, their speed and every meter")
    parser = subparsers.add_parser("find", help=summary, description=summary)
    parser.add_argument(
        "--port",
        action="append",
        metavar="PORT",
        help=say("search this port; may be given again (default: all)"),
    )
    parser.add_argument(
        "--baud", action="append", type=int, metavar="BAUD", help=say("only this speed; may be given again")
    )
    parser.add_argument("--protocol", choices=sorted(PROTOCOLS), help=say("only this protocol"))
    parser.add_argument(
        "--expect", type=int, metavar="N", help=say("stop a port when N meters were found on it")
    )
    parser.add_argument(
        "--thorough",
        action="store_true",
        help=say("ask each silent place twice: for noisy lines, takes longer"),
    )
    parser.add_argument(
        "--again", action="store_true", help=say("forget what was found on these ports and search anew")
    )
    parser.add_argument(
        "--save", action="store_true", help=say("then write lines and meters into the registry")
    )
    parser.add_argument("--undo", action="store_true", help=say("take back what the last --save wrote"))
    parser.add_argument("--yes", action="store_true", help=say("don't ask"))
    parser.add_argument("--json", action="store_true", help=say("print one JSON object"))
    parser.add_argument(
        "--data",
        type=Path,
        default=DEFAULT_FOLDER,
        metavar="DIR",
        help=say("where the search is kept (default {folder})", folder=DEFAULT_FOLDER),
    )
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Search, show, save. Returns 0 when meters were found, 1 when none was or a port could not be searched, 2 for nonsense."""
    if mistake := _mistake(args):
        return _refuse(args, "bad-arguments", mistake, USAGE)
    store = StateFile(args.data)
    try:
        with store.held():
            return _act(args, store)
    except SearchRunning:
        sentence = say(
            "Another search is running. Wait for its end, or stop it with Ctrl-C where it was started."
        )
        return _refuse(args, "already-running", sentence, FAILED)
    except BrokenPipeError:
        # Whoever read has gone: nothing is left to say, not even at the end of the process.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (BrokenModels, RegistryDamaged) as error:
        return _refuse(args, "damaged", str(error), FAILED)
    except OSError as error:
        sentence = say(
            "The search can't be kept: {path}: {why}. Check that the folder exists, is yours to write (else put sudo before "
            "the command) and has room, or give --data DIR.",
            path=error.filename or args.data,
            why=error.strerror,
        )
        return _refuse(args, "no-access", sentence, FAILED)


def _act(args: argparse.Namespace, store: StateFile) -> int:
    registry = RegistryStore(args.data, read_models())
    state, aside = store.load()
    if aside is not None:
        _say(args, say("The kept search could not be read; it was put aside as {path}.", path=aside))
    code = undo(args, state, store, registry) if args.undo else _search(args, state, store, registry)
    sys.stdout.flush()
    return code


def _mistake(args: argparse.Namespace) -> str | None:
    if any(not 300 <= baud <= FASTEST_BAUD for baud in args.baud or ()):
        return say("A line's speed is a number from 300 up, mostly 2400 or 9600.")
    if args.expect is not None and args.expect < 1:
        return say("--expect is how many meters hang on a line: 1 or more.")
    if args.save and args.json and not args.yes:
        return say("--json asks nothing: give --yes with --save, or leave one of them out.")
    if args.undo and (args.save or args.port or args.again):
        return say("--undo takes back the last --save and searches nothing: leave the others out.")
    return None


def _search(args: argparse.Namespace, state: FindState, store: StateFile, registry: RegistryStore) -> int:
    ports, skipped = ports_of(args)
    findings = [trouble_finding(one) for one in skipped]
    if args.again:
        for port in ports:
            state.forget_port(port)
    store.save(state)
    screen = Screen(quiet=args.json)
    stopped = False
    try:
        findings += asyncio.run(_follow(ports, state, _plan(args), store, screen))
    except KeyboardInterrupt:
        stopped = True
    finally:
        screen.close()
    store.save(state)
    return _report(args, ports, state, store, registry, findings, stopped)


def _plan(args: argparse.Namespace) -> Plan:
    protocols = PROTOCOLS[args.protocol] if args.protocol else ALL_PROTOCOLS
    plan = Plan(protocols, tuple(args.baud or ()), args.expect, args.thorough)
    config = load_config(args.config)
    if isinstance(
        config, list
    ):  # not set up yet, as where meters are sought first: the zone of the country then
        return plan
    return replace(plan, utc_offset_min=config.clock.utc_offset_minutes)


async def _follow(
    ports: Sequence[str], state: FindState, plan: Plan, store: StateFile, screen: Screen
) -> list[Finding]:
    """Follow a search; keep what it finds at once, and the rest every two seconds. Returns what stood in its way."""
    findings: list[Finding] = []
    loop = asyncio.get_running_loop()
    kept_s = loop.time()
    events, together = find(ports, state, plan), Together()
    try:
        async for event in events:
            together.take(event)
            match event:
                case Progress():
                    screen.progress(event, together.line())
                case Found(meter=meter):
                    screen.found(meter)
                case Trouble():
                    findings.append(trouble_finding(event))
                case PortDone():
                    pass
            if isinstance(event, Found | PortDone) or loop.time() - kept_s > SAVE_EVERY_S:
                store.save(state)
                kept_s = loop.time()
    finally:
        await events.aclose()  # type: ignore[attr-defined]
    return findings


def _report(
    args: argparse.Namespace,
    ports: Sequence[str],
    state: FindState,
    store: StateFile,
    registry: RegistryStore,
    findings: list[Finding],
    stopped: bool,
) -> int:
    done = not stopped and bool(ports) and all(state.port(port).done for port in ports)
    shown = state.only(ports) if args.port else state
    findings = [*findings, *meter_findings(shown)]
    found = OK if done and shown.meters else FAILED
    if args.json:
        print_json(
            {
                "ok": found == OK,
                "done": done,
                **_document(shown),
                "findings": [as_json(one) for one in findings],
            }
        )
    else:
        _print(args, shown, findings, ports, store, stopped)
    if args.save and not stopped and shown.meters:
        return max(found, save(args, state, shown, store, registry))
    return found


def _document(shown: FindState) -> dict[str, object]:
    """Shape `--json`: the lines with their settings, and the meters as they are kept."""
    lines = [
        {"port": line.port, "baud": line.baud, "parity": line.parity, "protocols": line.protocols}
        for line in shown.lines()
    ]
    return {"lines": lines, "meters": shown.as_json()["meters"]}


def _print(
    args: argparse.Namespace,
    state: FindState,
    findings: Sequence[Finding],
    ports: Sequence[str],
    store: StateFile,
    stopped: bool,
) -> None:
    for line in tables(state):
        print(line)
    if findings:
        print()
    for line in lines_of(findings):
        print(line)
    if stopped:
        print(say("Stopped. What was found is kept in {path}; the same command goes on.", path=store.path))
    elif not ports and not findings:
        print(
            say("This machine has no serial port. Plug an RS-485 adapter in, or name a port with --port."),
            file=sys.stderr,
        )
    elif state.meters and not args.save:
        print(say("Write them down with --save; search a port anew with --again."))


def _say(args: argparse.Namespace, sentence: str) -> None:
    if not args.json:
        print(sentence, file=sys.stderr)


def _refuse(args: argparse.Namespace, error: str, sentence: str, code: int) -> int:
    if args.json:
        print_json({"ok": False, "error": error, "what": sentence})
    else:
        print(sentence, file=sys.stderr)
    return code
