"""What is found about a machine, on /sys and /dev as a Pi has them, planted in a folder."""

import os
from pathlib import Path

import pytest

from gateway import words
from gateway.adapters.registry_store import LineRow
from gateway.technician.checks.machine_clock import ClockFacts, judge_clock, read_clock_facts
from gateway.technician.checks.machine_disk import DiskFacts, judge_disk, read_disk
from gateway.technician.checks.machine_ports import judge_ports, read_ports
from gateway.technician.checks.machine_rights import Owned, Rights, User, judge_rights
from gateway.technician.findings import Finding, Level


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_asked", ["en"])


def plant(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def told(findings: list[Finding]) -> dict[str, Level]:
    return {finding.code: finding.level for finding in findings}


def test_ports_are_told_by_their_lasting_names_and_the_mini_uart_is_warned_of(tmp_path: Path) -> None:
    assert told(judge_ports(read_ports(tmp_path), [], [])) == {"no-port": Level.ASK}
    named = tmp_path / "dev/serial/by-id/usb-FTDI_A1-if00-port0"
    plant(tmp_path / "dev/ttyUSB0")
    plant(tmp_path / "dev/ttyUSB1")
    named.parent.mkdir(parents=True)
    named.symlink_to("../../ttyUSB0")
    plant(tmp_path / "dev/ttyAMA0")
    for name in ("ttyUSB0", "ttyUSB1", "ttyAMA0"):
        (tmp_path / "sys/class/tty" / name / "device").mkdir(parents=True)
    for name, driver in (("ttyS0", "bcm2835-aux-uart"), ("ttyS1", "serial8250")):
        plant(tmp_path / "dev" / name)
        (tmp_path / "sys/bus/drivers" / driver).mkdir(parents=True)
        device = tmp_path / "sys/class/tty" / name / "device"
        device.mkdir(parents=True)
        (device / "driver").symlink_to(tmp_path / "sys/bus/drivers" / driver)
    plant(tmp_path / "dev/ttyS2")
    plant(tmp_path / "sys/class/tty/ttyS2/device/of_node/compatible", "brcm,bcm2835-aux-uart\0")
    ports = read_ports(tmp_path)
    assert ports.by_id == ("/dev/serial/by-id/usb-FTDI_A1-if00-port0",)
    assert (ports.nameless, ports.uarts, ports.mini_uarts) == (
        ("/dev/ttyUSB1",),
        ("/dev/ttyAMA0",),
        ("/dev/ttyS0", "/dev/ttyS2"),
    )
    lines = [LineRow("a", ports.by_id[0]), LineRow("b", "/dev/serial/by-id/gone"), LineRow("c", "/dev/ttyS0")]
    found = judge_ports(ports, lines, [ports.by_id[0], "/dev/ttyS0"])
    assert [(one.code, one.level) for one in found] == [
        ("ports-found", Level.GOOD),
        ("port-nameless", Level.ASK),
        ("mini-uart", Level.BAD),
        ("mini-uart", Level.ASK),
        ("port-missing", Level.BAD),
    ]
    assert found[-1].next_step == "Plug it in. For another adapter: cardroom-gateway lines move b --port PORT"
    spare = judge_ports(ports, lines[1:], [])
    assert "An adapter that no line uses is here: /dev/serial/by-id/usb-FTDI_A1-if00-port0." in [
        one.why for one in spare
    ]


def test_a_clock_needs_a_time_server_and_a_battery(tmp_path: Path) -> None:
    assert told(judge_clock(read_clock_facts(False, 1000, tmp_path))) == {
        "ntp-missing": Level.ASK,
        "no-rtc": Level.ASK,
    }
    plant(tmp_path / "sys/class/rtc/rtc0/name", "rtc-ds1307 1-0068\n")
    plant(tmp_path / "sys/class/rtc/rtc0/since_epoch", "1790000000\n")
    good = read_clock_facts(True, 1_790_000_030, tmp_path)
    assert good == ClockFacts(True, "rtc-ds1307 1-0068", -30)
    assert told(judge_clock(good)) == {"ntp-good": Level.GOOD, "rtc-good": Level.GOOD}
    plant(tmp_path / "sys/class/rtc/rtc0/since_epoch", "946684800\n")
    assert told(judge_clock(read_clock_facts(True, 1_790_000_000, tmp_path)))["rtc-wrong"] is Level.ASK


def test_a_disks_room_wear_and_errors_are_read_from_where_the_kernel_has_them(tmp_path: Path) -> None:
    number = os.stat(tmp_path).st_dev
    card = tmp_path / "sys/devices/mmc0/block/mmcblk0"
    plant(card / "mmcblk0p2/partition", "2")
    plant(card / "device/name", "SC64G\n")
    block = tmp_path / "sys/dev/block"
    block.mkdir(parents=True)
    (block / f"{os.major(number)}:{os.minor(number)}").symlink_to(card / "mmcblk0p2")
    facts = read_disk(tmp_path, tmp_path)
    assert (facts.device, facts.model, facts.life_steps, facts.file_system_errors) == (
        "mmcblk0",
        "SC64G",
        None,
        None,
    )
    assert told(judge_disk(facts))["wear-unknown"] is Level.SKIPPED
    plant(card / "device/life_time", "0x02 0x0a\n")
    plant(card / "device/pre_eol_info", "0x01\n")
    plant(tmp_path / "sys/fs/ext4/mmcblk0p2/errors_count", "3\n")
    worn = judge_disk(read_disk(tmp_path, tmp_path))
    assert told(worn)["card-worn"] is Level.BAD
    assert told(worn)["file-system-errors"] is Level.BAD
    assert {one.code: one.facts for one in worn}["card-worn"] == {"life_used_percent": 100, "end_of_life": 1}


@pytest.mark.parametrize(
    ("facts", "code", "level"),
    [
        (DiskFacts(2_000_000_000, False), "disk-room", Level.GOOD),
        (DiskFacts(900_000_000, False), "disk-nearly-full", Level.ASK),
        (DiskFacts(90_000_000, False), "disk-full", Level.BAD),
        (DiskFacts(2_000_000_000, True), "disk-read-only", Level.BAD),
        (DiskFacts(2_000_000_000, False, "mmcblk0", "x", 1, 1), "card-good", Level.GOOD),
        (DiskFacts(2_000_000_000, False, "mmcblk0", "x", 1, 2), "card-worn", Level.BAD),
    ],
)
def test_disks_are_judged(facts: DiskFacts, code: str, level: Level) -> None:
    assert told(judge_disk(facts))[code] is level


def test_rights_that_keep_the_daemon_from_its_work_are_named_with_the_command_that_mends_them() -> None:
    user = User("cardroom", 900, frozenset({900, 20}))
    good = Rights(
        user,
        Owned("/var/lib/cardroom", 900, 900, 0o750),
        (Owned("gateway.key", 900, 900, 0o600),),
        (Owned("gateway.toml", 0, 900, 0o640),),
        (Owned("/dev/ttyUSB0", 0, 20, 0o660),),
    )
    assert told(judge_rights(good)) == {"rights-good": Level.GOOD}
    bad = Rights(
        user,
        Owned("/var/lib/cardroom", 0, 0, 0o755),
        (Owned("gateway.key", 0, 0, 0o600), Owned("tls.key", 900, 900, 0o640)),
        (Owned("gateway.toml", 0, 0, 0o640),),
        (Owned("/dev/ttyUSB0", 0, 5, 0o660),),
    )
    found = judge_rights(bad)
    assert [one.code for one in found] == [
        "folder-not-writable",
        "key-rights",
        "key-rights",
        "not-readable",
        "port-rights",
    ]
    assert found[1].next_step == "Mend it: sudo chown cardroom gateway.key && sudo chmod 600 gateway.key"
