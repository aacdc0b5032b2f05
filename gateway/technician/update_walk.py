"""An update's steps, from the copy of what is there to the verdict. Each is written down before it is begun; it may begin again.

    preparing -> installing -> watching -> done
                      |            |
                      +------------+-> going-back -> back

Whoever is killed between two writes, or loses power, is followed by `update --resume` (at boot: cardroom-gateway-update.service):
what was not begun is forgotten, half an install is taken back, a watch begins anew. It runs from a copy of the old version's files,
because the installed ones are what is being replaced.
"""

import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gateway.adapters.control_client import ask
from gateway.adapters.control_protocol import SOCKET_NAME, Reply, StatusReport
from gateway.adapters.debian_package import DebianPackages, PackageFailed
from gateway.adapters.service_manager import ServiceManager
from gateway.adapters.system_clock import RealTime
from gateway.adapters.update_files import Books, Recorded, Step, UpdateFiles, UpdateState
from gateway.domain.software_update import Gate, Sight, Verdict, judge

LOOK_EVERY_S = 3.0
LOOKS_IN_A_SHORT_WATCH = 20
ASK_TIMEOUT_S = 10.0

Tell = Callable[[UpdateState, Sight | None, float], None]
"""Shows progress: the state, the last look and how long the watch has lasted."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a walk works with."""

    packages: DebianPackages
    service: ServiceManager
    files: UpdateFiles
    tell: Tell


def look(service: ServiceManager, data: Path) -> Sight:
    """Look once at the daemon: what systemd says, and what it says itself."""
    unit = service.state()
    seen = Sight(active=unit.active == "active", restarts=unit.restarts)
    reply = ask(data / SOCKET_NAME, "status", timeout_s=ASK_TIMEOUT_S)
    if not isinstance(reply, Reply) or reply.refusal is not None:
        return seen
    try:
        report = msgspec.json.decode(bytes(reply.result), type=StatusReport)
    except msgspec.DecodeError:
        return seen
    return msgspec.structs.replace(
        seen,
        answers=True,
        software=report.software,
        meters=sum(line.meters for line in report.lines),
        answering=sum(line.answering for line in report.lines),
        linked=report.link_connected,
        outbox_rows=report.outbox_rows,
        oldest_outbox_s=report.oldest_outbox_s,
        quarantined=frozenset(room.account for room in report.rooms if room.quarantined or room.doubt),
        stalled=tuple(report.stalled_loops),
    )


def prepare(tools: Tools, state: UpdateState, file: Path) -> None:
    """Copy the new package and what is installed now. Raises PackageFailed or OSError; nothing is changed by then."""
    tools.files.save(state)
    tools.tell(state, None, 0.0)
    tools.files.take(file)
    tools.files.tree_before.parent.mkdir(parents=True, exist_ok=True)
    tools.packages.keep_installed(state.package, tools.files.tree_before, tools.files.package_before)


def go_on(tools: Tools, state: UpdateState, fresh: bool = False) -> UpdateState:
    """Do what is left of an update; give its end: DONE, BACK, or PREPARING where nothing had been changed.

    `fresh`: the copies were made by the process that calls, not by one that is gone.
    """
    if state.step is Step.PREPARING and fresh:
        state = _install(tools, state)
    elif state.step is Step.INSTALLING:
        state = _fail(tools, state, Verdict(Gate.INSTALL, "interrupted"))
    if state.step is Step.WATCHING:
        state = _watch(tools, state)
    if state.step is Step.GOING_BACK:
        state = _go_back(tools, state)
    tools.files.record(_recorded(state))
    return state


def stop_by_hand(tools: Tools, state: UpdateState) -> UpdateState:
    """Go back because a person said so while it was watched."""
    failed = _fail(tools, state, Verdict(Gate.STOPPED_BY_HAND))
    return go_on(tools, failed)


def _install(tools: Tools, state: UpdateState) -> UpdateState:
    state = _at(tools, state, Step.INSTALLING)
    try:
        if state.data:
            tools.service.stop()
            _books(tools, state).keep()
        tools.packages.put_in(tools.files.package_new)
    except (PackageFailed, OSError, sqlite3.Error) as error:
        return _fail(tools, state, Verdict(Gate.INSTALL, " ".join(str(error).split())))
    state = _at(tools, state, Step.WATCHING if state.data else Step.DONE)
    if state.data:
        tools.service.start()
    return state


def _watch(tools: Tools, state: UpdateState) -> UpdateState:
    """Look until a gate fails for good or the time is over. After an interruption it begins anew, with a start of the daemon."""
    sights: list[Sight] = []
    every_s = min(LOOK_EVERY_S, state.watch_s / LOOKS_IN_A_SHORT_WATCH)
    if tools.service.state().active not in ("active", "activating"):
        tools.service.start()
    began_s = time.monotonic()
    while True:
        time.sleep(every_s)
        passed_s = time.monotonic() - began_s
        sights.append(look(tools.service, Path(state.data)))
        tools.tell(state, sights[-1], passed_s)
        verdict = judge(state.before, sights, state.wants, passed_s, state.watch_s)
        if verdict.failed is not None:
            return _fail(tools, state, verdict)
        if passed_s >= state.watch_s:
            return _at(tools, state, Step.DONE)


def _books(tools: Tools, state: UpdateState) -> Books:
    return Books(Path(state.data), tools.files.scratch / "books", state.wants)


def _fail(tools: Tools, state: UpdateState, verdict: Verdict) -> UpdateState:
    return _at(tools, state, Step.GOING_BACK, failed=str(verdict.failed), detail=verdict.detail)


def _go_back(tools: Tools, state: UpdateState) -> UpdateState:
    """The old package in, the books put back only where it can't read what the new one made of them, the daemon up."""
    if state.data:
        tools.service.stop()
    tools.packages.put_in(tools.files.package_before)
    if state.data:
        books = _books(tools, state)
        if state.store_put_back or not books.are_readable():
            state = _at(tools, state, Step.GOING_BACK, store_put_back=True)
            books.put_back()
        tools.service.start()
    return _at(tools, state, Step.BACK)


def _at(tools: Tools, state: UpdateState, step: Step, **changes: object) -> UpdateState:
    state = msgspec.structs.replace(state, step=step, **changes)
    tools.files.save(state)
    tools.tell(state, None, 0.0)
    return state


def _recorded(state: UpdateState) -> Recorded:
    outcome = {Step.DONE: "done", Step.BACK: "back"}.get(state.step, "nothing-changed")
    return Recorded(
        began_ms=state.began_ms,
        ended_ms=RealTime().wall_ms(),
        by=state.by,
        was=state.was,
        wants=state.wants,
        sha256=state.sha256,
        signed=state.signed,
        outcome=outcome,
        failed=state.failed,
        detail=state.detail,
        store_put_back=state.store_put_back,
    )


def interpreter_before(files: UpdateFiles) -> Path | None:
    """The old version's own Python in its copy; None where the package has none."""
    found = files.tree_before / "opt/cardroom/gateway/bin/python"
    return found if os.access(found, os.X_OK) else None
