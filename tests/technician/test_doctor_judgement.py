"""What `doctor` concludes from what the daemon, systemd and /sys tell: every fault has its word, its reason and its next step."""

from pathlib import Path

import msgspec
import pytest

from gateway import words
from gateway.adapters.control_protocol import LineState, MeterState, StatusReport
from gateway.adapters.registry_store import LineRow
from gateway.technician.checks.alarms import judge_alarms
from gateway.technician.checks.card_errors import judge_card_errors, read_card_errors
from gateway.technician.checks.central_side import judge_central
from gateway.technician.checks.line_adapter import judge_adapter, read_latency_timer
from gateway.technician.checks.line_facts import LineFacts
from gateway.technician.checks.machine_disk import DiskFacts, judge_disk
from gateway.technician.checks.machine_gather import machine_findings
from gateway.technician.checks.service import ServiceFacts, judge_service, read_service
from gateway.technician.doctor import judge_line, without_repeats
from gateway.technician.findings import Finding, Level
from gateway.technician.site import Site

GOOD = StatusReport(
    gateway="b1", software="0.1.0", up_s=60, rooms=[], lines=[], outbox_rows=0, oldest_outbox_s=None,
    link="connected", link_connected=True, clock_wall_ms=0, clock_doubt=None, bench_rate=None, config_version=1,
    last_command=1, cuts_held=0,
)  # fmt: skip
SERVICE = {"LoadState": "loaded", "ActiveState": "active", "Result": "success", "NRestarts": "0"}


def codes(findings: list[Finding]) -> list[str]:
    for finding in findings:
        assert finding.level in (Level.GOOD, Level.SKIPPED) or finding.next_step, finding
    return [finding.code for finding in findings]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "outbox-drains"),
        ({"outbox_rows": 9, "oldest_outbox_s": 3600}, "outbox-stuck"),
        ({"counters": {"refused:ack:unknown-key": 3}}, "central-key-unknown"),
        ({"unbound_meters": ["M1-9"]}, "meters-missing"),
    ],
)
def test_central_is_judged_by_what_the_daemon_tells(changes: dict[str, object], code: str) -> None:
    assert code in codes(list(judge_central(msgspec.structs.replace(GOOD, **changes))))


@pytest.mark.parametrize(
    ("told", "changes", "code"),
    [
        ({}, {}, "daemon-good"),
        ({"NRestarts": "4"}, {}, "restarts"),
        ({"NRestarts": "4", "Result": "watchdog"}, {}, "restarts-by-watchdog"),
        ({}, {"stalled_loops": ["outbox"]}, "loops-stalled"),
        ({}, {"clock_doubt": "before-release"}, "clock-untrusted"),
        ({"ActiveState": "failed", "Result": "exit-code"}, None, "daemon-failed"),
        ({"ActiveState": "inactive"}, None, "daemon-stopped"),
    ],
)
def test_the_daemons_life_is_judged(
    told: dict[str, str], changes: dict[str, object] | None, code: str
) -> None:
    report = None if changes is None else msgspec.structs.replace(GOOD, **changes)
    facts = ServiceFacts({**SERVICE, **told}, is_running=report is not None)
    assert codes(list(judge_service(facts, report)))[0] == code


def test_systemd_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    systemctl = tmp_path / "systemctl"
    systemctl.write_text("#!/bin/sh\necho LoadState=loaded\necho NRestarts=7\n")
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert read_service(is_running=True).told == {"LoadState": "loaded", "NRestarts": "7"}
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    assert read_service(is_running=True).told == {}


def test_alarms_that_no_check_explains_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert codes(list(judge_alarms([]))) == ["no-alarms"]
    monkeypatch.setattr(words, "_asked", ["zh"])
    [finding] = judge_alarms(["meter-silent M1: no answer", "cover-opened M2: the cover was opened 3 times"])
    assert (finding.code, finding.what) == ("alarm-cover-opened", "电表曾被开盖: M2")
    assert "铅封" in finding.next_step


def test_a_slow_ftdi_and_a_mini_uart_are_found_in_sys(tmp_path: Path) -> None:
    timer = tmp_path / "sys/bus/usb-serial/devices/ttyUSB0/latency_timer"
    timer.parent.mkdir(parents=True)
    timer.write_text("16\n")
    state = LineState("a", "/dev/ttyUSB0", 2400, "E")
    found = read_latency_timer(state.port, tmp_path)
    assert codes(list(judge_adapter(LineFacts(state, True, latency_timer_ms=found)))) == ["adapter-slow"]
    timer.write_text("1\n")
    found = read_latency_timer(state.port, tmp_path)
    assert list(judge_adapter(LineFacts(state, True, latency_timer_ms=found))) == []
    assert read_latency_timer("/dev/ttyACM0", tmp_path) is None
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/ttyS0").touch()
    node = tmp_path / "sys/class/tty/ttyS0/device/of_node"
    node.mkdir(parents=True)
    (node / "compatible").write_bytes(b"brcm,bcm2835-aux-uart\0")
    site = Site(tmp_path, [LineRow("a", "/dev/ttyS0")], [], {})
    mini = next(one for one in machine_findings(site, tmp_path / "none", tmp_path) if one.code == "mini-uart")
    assert (mini.level, "DL/T 645" in mini.why) == (Level.BAD, True)


def test_a_full_disk_and_a_worn_card_are_bad() -> None:
    worn = DiskFacts(10**8, False, "mmcblk0", "SC16G", life_steps=10, end_of_life=2, file_system_errors=3)
    assert {"disk-full", "card-worn", "file-system-errors"} <= set(codes(judge_disk(worn)))


def test_errors_that_the_kernel_counts_at_a_card_are_told(tmp_path: Path) -> None:
    counts = tmp_path / "sys/kernel/debug/mmc0/err_stats"
    counts.parent.mkdir(parents=True)
    counts.write_text(
        "# Command Timeout Occurred:\t 0\n# Data CRC Errors Occurred:\t 12\n# Tuning Error Occurred:\t 3\n"
    )
    [finding] = judge_card_errors(read_card_errors(tmp_path))
    assert (finding.code, finding.facts["errors"]) == ("card-errors", 12)
    assert list(judge_card_errors(read_card_errors(tmp_path / "none"))) == []


def test_one_fault_of_a_port_is_told_once() -> None:
    row = MeterState("m1", "1", "generic-dlt645-2007", "", missed=3, failures=1, reason="silent")
    gone = LineState(
        "a", "/dev/ttyUSB9", 2400, "E", fault="missing", fault_detail="no such file", meters=[row]
    )
    [line] = judge_line(LineFacts(gone, is_live=True))
    machine = Finding("ports", Level.BAD, "port-missing", "gone", next_step="x", facts={"line": "a"})
    assert without_repeats([machine, line]) == [machine]
    assert (
        len(without_repeats([line, Finding("a", Level.GOOD, "b", "c"), Finding("a", Level.GOOD, "b", "c")]))
        == 3
    )
