"""What goes into the archive for support: each file chosen, gathered on its own, and named. Nothing is copied whole."""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from gateway.adapters.control_client import Unreachable, ask
from gateway.adapters.control_protocol import SOCKET_NAME
from gateway.adapters.journal_store import JOURNAL_NAME
from gateway.adapters.journal_store.snapshot import CantLook, look_at, measure_store
from gateway.adapters.journalctl import NoJournal, journal_lines, message_of
from gateway.adapters.kernel_clock import kernel_clock, real_time_clock
from gateway.adapters.machine_facts import kernel_text, machine_text, versions
from gateway.adapters.model_files import BrokenModels, read_models
from gateway.adapters.registry_file import RegistryDamaged
from gateway.adapters.registry_store import RegistryStore
from gateway.application.alarms import standing_alarms
from gateway.application.outbox_look import look_at_outbox
from gateway.application.ports import Journal
from gateway.config import GatewayConfig, Mistake
from gateway.technician.checks.rooms import CHECK as ROOMS
from gateway.technician.logs import line_of
from gateway.technician.looking import now_for
from gateway.technician.reasons import REASONS
from gateway.words import mark

LOG_LINES = 5_000
LOG_SINCE_S = 7 * 86_400
DOCTOR_TIMEOUT_S = 120
TYPED_BY_PERSONS = frozenset(
    {
        *("locked-out", "lock-out-ended", "software-control", "alarm-resolved"),
        *("cuts-approved", "account-released", "emergency-drawn"),
    }
)
"""Alarms whose detail is a person's own words: a resident may be named in them."""
WORDS_LEFT_OUT = "<a person's own words, left out>"


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the archive: how it is gathered, and a sentence on what it is."""

    name: str
    what: str
    gather: Callable[["Building"], object]


@dataclass(frozen=True, slots=True)
class Building:
    """What is looked at."""

    args: argparse.Namespace
    config: GatewayConfig | None
    mistakes: list[Mistake]
    data: Path | None
    log_lines: int


class NotHad(Exception):
    """A source that can't be had now; its text says why."""


def _versions(_building: Building) -> object:
    return versions()


def _config(building: Building) -> object:
    """Only what the schema knows; of a broken file only where it is broken, never what stands there."""
    if building.config is None:
        return {
            "mistakes": [
                {"path": mistake.path, "code": mistake.code, "line": mistake.line}
                for mistake in building.mistakes
            ]
        }
    return msgspec.json.decode(msgspec.json.encode(asdict(building.config), enc_hook=str))


def _status(building: Building) -> object:
    return status_without_words(_ordered(building, "status"))


def status_without_words(status: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a status what persons typed and who they are."""
    for room in status.get("rooms", []):
        verdict, _, why = str(room.get("why", "")).partition(": ")
        is_known = not why or why in REASONS or why.startswith(("credit-low-", "locked out by "))
        room["why"] = f"{verdict}: {why if is_known else WORDS_LEFT_OUT}"
        for said in (*room.get("lock_notes", ()), room.get("control") or {}):
            said.update({name: WORDS_LEFT_OUT for name in ("by", "why", "ref") if said.get(name)})
    status["alarms"] = [
        f"{text.partition(': ')[0]}: {WORDS_LEFT_OUT}" if text.partition(" ")[0] in TYPED_BY_PERSONS else text
        for text in status.get("alarms", [])
    ]
    return status


def _ordered(building: Building, do: str) -> dict[str, Any]:
    if building.data is None:
        raise NotHad("the configuration names no folder")
    reply = ask(building.data / SOCKET_NAME, do)
    if isinstance(reply, Unreachable):
        raise NotHad(f"{reply.trouble}")
    if reply.refusal is not None:
        raise NotHad(f"{reply.refusal}")
    found: dict[str, Any] = json.loads(bytes(reply.result))
    return found


def _clock(building: Building) -> object:
    kernel, rtc = kernel_clock(), real_time_clock()
    daemon: object
    try:
        daemon = _ordered(building, "clock")
    except NotHad as error:
        daemon = str(error)
    return {
        "daemon": daemon,
        "kernel": kernel and msgspec.to_builtins(kernel),
        "rtc": rtc and msgspec.to_builtins(rtc),
    }


def _looked(building: Building, use_case: Callable[[Journal], object]) -> object:
    """Look at the store, beside a daemon or by itself."""
    if building.data is None:
        raise NotHad("the configuration names no folder")
    for beside_writer in (False, True):
        found = look_at(building.data / JOURNAL_NAME, use_case, beside_writer=beside_writer)
        if not isinstance(found, CantLook):
            return msgspec.to_builtins(found)
        why = found.trouble.value
    raise NotHad(why)


def _outbox(building: Building) -> object:
    return _looked(building, lambda journal: look_at_outbox(journal, "", 0, now_for(journal)))


def _alarms(building: Building) -> object:
    return _looked(building, lambda journal: [
        {"what": alarm.what, "subject": alarm.subject, "since_ms": alarm.since.wall_ms,
         "detail": WORDS_LEFT_OUT if alarm.what in TYPED_BY_PERSONS else alarm.detail}
        for alarm in standing_alarms(journal)
    ])  # fmt: skip


def _store(building: Building) -> object:
    """Schema and sizes, no row."""
    if building.data is None:
        raise NotHad("the configuration names no folder")
    path = building.data / JOURNAL_NAME
    sizes = measure_store(path)
    if isinstance(sizes, CantLook):
        sizes = measure_store(path, beside_writer=True)
    if isinstance(sizes, CantLook):
        raise NotHad(sizes.trouble.value)
    files = {file.name: file.stat().st_size for file in sorted(building.data.iterdir()) if file.is_file()}
    return {**sizes, "files": files}


def _registry(building: Building) -> object:
    if building.data is None:
        raise NotHad("the configuration names no folder")
    try:
        registry = RegistryStore(building.data, read_models())
        return {
            "lines": msgspec.to_builtins(registry.lines()),
            "meters": msgspec.to_builtins(registry.meters()),
        }
    except (RegistryDamaged, BrokenModels, OSError) as error:
        raise NotHad(str(error)) from error


def _doctor(building: Building) -> object:
    """The findings of `doctor`, run as a person would: it may take a while and must not take this command down."""
    words = [sys.executable, "-m", "gateway", "doctor", "--json", "--config", str(building.args.config)]
    try:
        told = subprocess.run(words, capture_output=True, text=True, check=False, timeout=DOCTOR_TIMEOUT_S)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotHad(type(error).__name__) from error
    try:
        return doctor_without_words(json.loads(told.stdout))
    except ValueError as error:
        raise NotHad("this version has no doctor, or it gave no answer") from error


def doctor_without_words(found: dict[str, Any]) -> dict[str, Any]:
    """Leave out of the doctor's findings what persons typed and who they are."""
    for finding in found.get("findings", []):
        typed = finding.get("check") == ROOMS or finding.get("facts", {}).get("alarm") in TYPED_BY_PERSONS
        if typed and finding.get("why"):
            finding["why"] = WORDS_LEFT_OUT
    return found


def _log(building: Building) -> object:
    found = journal_lines(LOG_SINCE_S, newest=building.log_lines)
    if isinstance(found, NoJournal):
        raise NotHad(found.why or "no journalctl")
    lines = (line_of(message_of(entry), entry) for entry in found)
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _machine(building: Building) -> object:
    return machine_text(building.data or Path("/"))


def _kernel(_building: Building) -> object:
    return kernel_text()


SOURCES = (
    Source("versions.json", mark("versions of the software, the system and the board"), _versions),
    Source("config.json", mark("the configuration; paths of key files, not the keys"), _config),
    Source("status.json", mark("what `status` shows, with all counters"), _status),
    Source("doctor.json", mark("what `doctor` found"), _doctor),
    Source("clock.json", mark("the clock, and whether it is believed"), _clock),
    Source("outbox.json", mark("how much of what waits for central; no row itself"), _outbox),
    Source("alarms.json", mark("the alarms that stand"), _alarms),
    Source("store.json", mark("the store's tables with their numbers of rows; no row itself"), _store),
    Source("registry.json", mark("lines and meters"), _registry),
    Source("log.jsonl", mark("the daemon's newest log lines of a week"), _log),
    Source("machine.txt", mark("uptime, memory, disks, temperature, USB and serial adapters"), _machine),
    Source("dmesg.txt", mark("the kernel's last words"), _kernel),
)


def gathered(building: Building) -> Iterator[tuple[Source, str | NotHad]]:
    """Gather every source as text; one that can't be had is named, and takes nothing else with it."""
    for source in SOURCES:
        try:
            found = source.gather(building)
        except NotHad as error:
            yield source, error
        except Exception as error:  # a broken machine is what this is for
            yield source, NotHad(f"{type(error).__name__}")
        else:
            yield (
                source,
                found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, indent=1) + "\n",
            )
