"""Starts the gateway's service and waits for its link; where there is no systemd, says the command."""

import shutil
import time
from pathlib import Path

import msgspec

from gateway.adapters.control_client import Unreachable, ask
from gateway.adapters.control_protocol import SOCKET_NAME, StatusReport
from gateway.adapters.service_manager import properties, systemctl
from gateway.technician.findings import Finding, Level
from gateway.technician.setup.places import Places
from gateway.technician.status import link_text
from gateway.words import say

UNIT = "cardroom-gateway"
BESIDE = ("cardroom-gateway-backup.timer", "cardroom-restore-rehearsal.timer", "media-cardroom.mount")
"""The package's: the nightly backup to a stick, and its rehearsal."""
UNITS = Path("/usr/lib/systemd/system")
RUNS_SYSTEMD = Path("/run/systemd/system")
PATIENCE_S = 60
ANSWER_PATIENCE_S = 30
"""A Pi reads a building's books in less than ten seconds."""
LINK_PATIENCE_S = 40
ASK_EVERY_S = 1.0


def start_service(places: Places) -> Finding | None:
    """Let systemd start the gateway now and at each start of the machine; anew where it runs, for its new settings.

    Gives what was in the way; whether the gateway then runs, `wait_for_answer` says.
    """
    by_hand = say("Start it: cardroom-gateway run --config {config}", config=places.config)
    if not places.is_machine or not RUNS_SYSTEMD.is_dir() or shutil.which("systemctl") is None:
        what = say("The gateway was not started: no systemd here.")
        return Finding("service", Level.SKIPPED, "no-systemd", what, next_step=by_hand)
    beside = [unit for unit in BESIDE if (UNITS / unit).exists()]
    timers = [unit for unit in beside if unit.endswith(".timer")]
    for words in (("enable", UNIT, *beside), ("restart", UNIT), ("start", *timers)):
        refused = _systemctl(*words)
        if refused:
            what = say("systemd does not start the gateway.")
            return Finding("service", Level.BAD, "not-started", what, refused, _look())
    return None


def _look() -> str:
    return say("Look: journalctl -u {unit} -n 20", unit=UNIT)


def wait_for_answer(places: Places, within_s: float = ANSWER_PATIENCE_S) -> Finding:
    """Wait until systemd calls the gateway active and it answers a question; an order that was taken proves neither."""
    give_up, told, state = time.monotonic() + within_s, "", ""
    while True:
        state = properties(UNIT, "ActiveState", within_s=PATIENCE_S).get("ActiveState", "")
        reply = ask(places.data / SOCKET_NAME, "status", timeout_s=10.0)
        if state == "active" and not isinstance(reply, Unreachable):
            what = say("The gateway runs and answers, and starts with the machine.")
            return Finding("service", Level.GOOD, "started", what)
        told = reply.message if isinstance(reply, Unreachable) else ""
        if state == "failed" or time.monotonic() >= give_up:
            break
        time.sleep(ASK_EVERY_S)
    if state == "failed":
        what = say("The gateway was started and has stopped again.")
        return Finding("service", Level.BAD, "stopped-again", what, told, _look())
    what = say("The gateway does not answer, {seconds} s after its start.", seconds=round(within_s))
    why = say("systemd calls it {state}. {told}", state=state or "?", told=told)
    return Finding("service", Level.BAD, "does-not-answer", what, why, _look())


def _systemctl(*words: str) -> str:
    """Give what systemctl complained of; empty when it did it, or had nothing to do it with."""
    if len(words) == 1:
        return ""
    done = systemctl(*words, UNIT, within_s=PATIENCE_S)
    return "" if done.returncode == 0 else (done.stderr or done.stdout).strip() or f"exit {done.returncode}"


def wait_for_link(places: Places, within_s: float = LINK_PATIENCE_S) -> Finding:
    """Wait until the daemon has its link, and say what is in its way."""
    give_up, told = time.monotonic() + within_s, ""
    while time.monotonic() < give_up:
        reply = ask(places.data / SOCKET_NAME, "status", timeout_s=10.0)
        if isinstance(reply, Unreachable):
            told = reply.message
        elif reply.refusal is None:
            report = msgspec.json.decode(reply.result, type=StatusReport)
            if report.link_connected:
                return Finding(
                    "link", Level.GOOD, "link-up", say("The gateway is connected to central's broker.")
                )
            told = link_text(report)
        time.sleep(ASK_EVERY_S)
    what, next_step = (
        say("The gateway has no link yet; it goes on trying."),
        say("Look: cardroom-gateway doctor"),
    )
    return Finding("link", Level.ASK, "no-link-yet", what, told, next_step)
