"""Whether the daemon runs, and runs on: what systemd says of it, and what stalls inside. Judged apart from gathering."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gateway.adapters.control_protocol import StatusReport
from gateway.adapters.service_manager import properties
from gateway.technician.findings import Finding, Level
from gateway.technician.state_words import DOUBTS, in_chinese
from gateway.words import say

CHECK = "service"
UNIT = "cardroom-gateway.service"
ASKED = ("LoadState", "ActiveState", "SubState", "Result", "NRestarts", "UnitFileState")
WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """systemd's words by its own names; empty where there is no systemd."""

    told: Mapping[str, str] = field(default_factory=dict)
    is_running: bool = False
    """It answers on its socket, whoever started it."""


def read_service(*, is_running: bool) -> ServiceFacts:
    """Ask systemd. A machine without it tells nothing."""
    return ServiceFacts(properties(UNIT, *ASKED, within_s=WAIT_S), is_running)


def judge_service(facts: ServiceFacts, report: StatusReport | None) -> Iterator[Finding]:
    """Judge the daemon's life."""
    told = facts.told
    is_installed = told.get("LoadState") == "loaded"
    if not facts.is_running:
        yield _stopped(told, is_installed=is_installed)
    restarts = int(told.get("NRestarts") or 0) if (told.get("NRestarts") or "0").isdigit() else 0
    if restarts:
        by_watchdog = told.get("Result") == "watchdog"
        yield Finding(
            CHECK, Level.BAD if by_watchdog else Level.ASK, "restarts-by-watchdog" if by_watchdog else "restarts",
            say("The daemon was restarted {count} times since it was started by hand.", count=restarts),
            say("The watchdog found it standing still.") if by_watchdog else say("It ended by itself: its log says why."),
            say("Look: journalctl -u cardroom-gateway -p warning --since yesterday"), {"restarts": restarts},
        )  # fmt: skip
    if report is not None:
        yield from _inside(report, restarts)


def _stopped(told: Mapping[str, str], *, is_installed: bool) -> Finding:
    has_failed = told.get("ActiveState") == "failed"
    return Finding(
        CHECK, Level.BAD if has_failed else Level.ASK, "daemon-failed" if has_failed else "daemon-stopped",
        say("The daemon does not run."),
        say("It failed: {result}.", result=told.get("Result", "")) if has_failed
        else say("It was stopped, or never started.") if is_installed else "",
        say("When you are done here: sudo systemctl start cardroom-gateway; if it ends: journalctl -u cardroom-gateway -n 50"),
        {"result": told.get("Result", "")},
    )  # fmt: skip


def _inside(report: StatusReport, restarts: int) -> Iterator[Finding]:
    if report.stalled_loops:
        yield Finding(
            CHECK, Level.BAD, "loops-stalled",
            say("Parts of the daemon stand still: {loops}.", loops=", ".join(report.stalled_loops)),
            say("The watchdog will restart it; what they wait for is in the log."),
            say("Look: journalctl -u cardroom-gateway -n 50"), {"loops": " ".join(report.stalled_loops)},
        )  # fmt: skip
    if report.clock_doubt is not None:
        yield Finding(
            "clock", Level.BAD, "clock-untrusted",
            say("The gateway does not believe the machine's clock: {why}.", why=in_chinese(report.clock_doubt, DOUBTS)),
            say("The lowest price is billed until it can be believed, and trued up then."),
            say("See that NTP runs (timedatectl) and that the link is up; fit an RTC."), {"doubt": report.clock_doubt},
        )  # fmt: skip
    if not report.stalled_loops and not restarts:
        what = say(
            "The daemon runs: {gateway}, software {version}.", gateway=report.gateway, version=report.software
        )
        yield Finding(CHECK, Level.GOOD, "daemon-good", what, facts={"up_s": report.up_s})
