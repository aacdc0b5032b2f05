"""`doctor` on a line with real faults, made on a pty: each is named, and a healthy line has none. The daemon is stopped."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firmware_tools.virtual_meter.endpoint import PtyEndpoint
from firmware_tools.virtual_meter.faults import LineFaults
from firmware_tools.virtual_meter.line import VirtualLine
from firmware_tools.virtual_meter.meter import MeterSpec, VirtualMeter
from firmware_tools.virtual_meter.wall_clock import WallClock
from gateway.adapters.model_files import read_models
from gateway.adapters.registry_store import LineRow, MeterRow
from gateway.technician.checks import line_gather
from gateway.technician.doctor import judge_line
from gateway.technician.findings import Finding, Level
from gateway.technician.site import Site

MODEL = "generic-dlt645-2007"
ADDRESSES = ("1", "2", "3", "4", "5")
BAUD = 9600


@pytest.fixture(autouse=True)
def _few_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_gather, "SETTINGS", ((2400, "E"), (BAUD, "E")))
    monkeypatch.setattr(line_gather, "LISTEN_S", 0.5)
    monkeypatch.setattr(line_gather, "GIVE_UP_AFTER", 2)
    monkeypatch.setattr(line_gather, "ROUNDS", 2)


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[VirtualLine]:
    clock = WallClock()
    meters = [
        VirtualMeter(MeterSpec(name=f"m{one}", address=one, load="200W"), clock.now_ms()) for one in ADDRESSES
    ]
    line = VirtualLine(
        meters,
        PtyEndpoint(tmp_path / "tty"),  # a bare pty's number may be another program's once it is given back
        clock,
        baud=BAUD,
        turn_round_ms=(20, 30),
        strict_baud=True,
        seed="doctor",
    )
    await line.start()
    yield line
    await line.stop()


async def found(line: VirtualLine, *, baud: int = BAUD, meters: tuple[str, ...] = ADDRESSES) -> list[Finding]:
    row = LineRow("a", line.address, baud, "E")
    rows = [MeterRow(f"m{one}", "a", one, MODEL, location=f"room {one}") for one in meters]
    site = Site(Path(), [row], rows, read_models())
    facts = await line_gather.ask_line(site, row, line.meters[0].utc_offset_ms // 60_000, lambda *_: None)
    return judge_line(facts)


def codes(findings: list[Finding]) -> list[str]:
    """Each with all that a person needs."""
    for finding in findings:
        assert finding.what
        if finding.level in (Level.BAD, Level.ASK):
            assert finding.why, finding
            assert finding.next_step, finding
    return [finding.code for finding in findings]


async def test_a_healthy_line_has_no_fault(line: VirtualLine) -> None:
    assert codes(await found(line)) == ["line-good"]


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        (LineFaults(inverted=True), "wires-swapped"),
        (LineFaults(wrong_parity=1.0), "wrong-parity"),
        (LineFaults(deaf=1.0), "line-silent"),
        (LineFaults(break_after=3), "line-broken"),
        (LineFaults(second_master=5.0), "second-master"),
        (LineFaults(echo=True), "echo"),
        (LineFaults(adapter_ms=150), "answers-late"),
        (LineFaults(flip=0.4), "noise"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_fault_of_the_line_is_named(line: VirtualLine, faults: LineFaults, code: str) -> None:
    line.faults = faults
    findings = await found(line)
    assert code in codes(findings)
    bad = {finding.code for finding in findings if finding.level is Level.BAD}
    assert bad <= {code}, findings
    if code == "line-broken":
        assert "m3 (room 3)" in findings[0].what
        assert findings[0].facts["first"] == "m4"


async def test_another_speed_is_found_by_trying(line: VirtualLine) -> None:
    [finding] = await found(line, baud=2400)
    assert (finding.code, finding.facts["baud"]) == ("wrong-speed", BAUD)


async def test_a_dead_meter_and_a_wrong_clock_are_named(line: VirtualLine) -> None:
    line.meters[2].glitches.dead = True
    line.meters[4].set_clock(line.meters[4].at_ms + line.meters[4].utc_offset_ms + 900_000)
    silent, clock = await found(line)
    assert (silent.code, silent.facts["meter"]) == ("meter-silent", "m3")
    assert (clock.code, clock.facts["meter"], clock.level) == ("meter-clock-wrong", "m5", Level.ASK)
    assert abs(int(clock.facts["off_s"]) - 900) < 10


async def test_two_meters_with_one_address_are_named(line: VirtualLine) -> None:
    line.meters[1].identity.address = line.meters[0].identity.address = "000000000001"
    line.meters[1].jump_register(987_654)
    findings = await found(line, meters=("1", "3", "4", "5"))
    assert "address-twice" in codes(findings)
    assert all(finding.facts["meter"] == "m1" for finding in findings)


async def test_a_port_that_is_not_there_is_named(line: VirtualLine) -> None:
    await line.stop()
    assert codes(await found(line))[0] in ("port-missing", "port-lost")
