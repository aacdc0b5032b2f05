"""`bench` and `report` against virtual meters on a pty: what is broken is named, what is moved is moved back, the record holds."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pypdf import PdfReader

from firmware_tools.__main__ import main
from firmware_tools.bench import command
from firmware_tools.bench.energy_test import MOST_LOST, Limits, Load, measure, needed_ms
from firmware_tools.bench.model_rows import model_row, resolution_wh
from firmware_tools.bench.station import No, Station
from firmware_tools.virtual_meter import (
    Fault,
    LineFaults,
    MeterSpec,
    PtyEndpoint,
    VirtualLine,
    VirtualMeter,
    WallClock,
)
from gateway.contract.bench_record import OpenedRecord, read_record
from gateway.protocols.driver import Values
from gateway.protocols.meters import make_driver
from gateway.protocols.models import ModelRow
from tests.firmware.module_bench import PUBLIC, key_files

ADDRESS = "202411110002"
BAUD = 9600
KILOWATTS = 450
"""A step of the register each 80 ms: the test of energy ends in seconds."""


@asynccontextmanager
async def meter_on_a_bench(
    faults: LineFaults | None = None, **fields: object
) -> AsyncIterator[tuple[VirtualMeter, VirtualLine]]:
    """One DL/T 645 meter that hears only its own speed."""
    clock = WallClock()
    known = {"name": "m", "address": ADDRESS, "load": f"{KILOWATTS}kW", "trip_limit_a": 4_000} | fields
    meter = VirtualMeter(MeterSpec(**known), clock.now_ms())  # type: ignore[arg-type]
    line = VirtualLine([meter], PtyEndpoint(), clock, baud=BAUD, strict_baud=True, faults=faults)
    await line.start()
    try:
        yield meter, line
    finally:
        await line.stop()


async def bench(line: VirtualLine, record: Path, *arguments: str) -> int:
    where = [
        "--port",
        line.address,
        "--address",
        ADDRESS,
        "--model",
        "generic-dlt645-2007",
        "--baud",
        str(BAUD),
    ]
    return await asyncio.to_thread(
        main, ["--lang", "en", "bench", *where, "--record", str(record), "--yes", *arguments]
    )


def opened(record: Path) -> dict[str, tuple[str, str, dict[str, int | str]]]:
    found = read_record(
        record.read_bytes(), frozenset({PUBLIC}) if b'"key"' in record.read_bytes() else frozenset()
    )
    assert isinstance(found, OpenedRecord), found
    return {test.name: (test.verdict.value, test.reason, test.measured) for test in found.record.tests}


@pytest.fixture(autouse=True)
def two_speeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """At 1200 baud each answer takes its third of a second: once is enough to see by hand."""
    monkeypatch.setattr(command, "BAUDS", (4_800, 19_200))


async def test_a_good_meter_passes_and_is_left_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    private, _public = key_files(tmp_path)
    record = tmp_path / "good.json"
    async with meter_on_a_bench() as (meter, line):
        loaded = [
            "--load",
            str(KILOWATTS * 1000),
            "--key",
            private,
            "--maker",
            "=正泰",
            "--limit-percent",
            "3",
        ]
        assert await bench(line, record, *loaded, "--expect-number", meter.identity.meter_number) == 0
        assert (meter.baud, meter.relay.reported_closed) == (BAUD, True)
    tests = opened(record)
    assert {name: verdict for name, (verdict, _, _) in tests.items()} == dict.fromkeys(tests, "passed")
    measured = tests["energy"][2]
    assert measured["uncertainty_milli_percent"] <= 3_500
    assert measured["flowed_mwh"] > 0
    assert {tests["speeds"][2][f"baud_{baud}"] for baud in (4_800, 19_200)} == {"ok"}
    assert tests["relay"][2]["open_ma"] == 0
    await _report_and_csv(tmp_path, capsys)


async def _report_and_csv(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = json.loads((folder / "good.json").read_text()) | {"sha256": "0" * 64}
    (folder / "changed.json").write_text(json.dumps(changed))
    capsys.readouterr()
    assert main(["--lang", "en", "report", str(folder), "--csv", str(folder / "all.csv")]) == 1
    out = capsys.readouterr().out
    assert "1 records" in out
    assert "changed.json was changed after it was written" in out
    assert ",'=正泰," in (folder / "all.csv").read_text(encoding="utf-8-sig"), "a formula is disarmed"
    pdf = folder / "report.pdf"
    for language, said in (
        ("en", ("Bench report", "passed", "Files left out")),
        ("zh", ("检测报告", "到货检验", "签字")),
    ):
        assert main(["--lang", language, "report", str(folder), "--pdf", str(pdf)]) == 1
        text = "".join(page.extract_text() for page in PdfReader(pdf).pages)
        assert all(word in text for word in ("=正泰", *said))
    assert main(["--lang", "en", "report", str(folder / "none")]) == 2
    assert main(["--lang", "en", "report", str(folder / "good.json"), "--csv", str(folder)]) == 1
    assert "It is no file" in capsys.readouterr().err


async def test_what_is_broken_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "MINUTE_MS", 2_000)
    record = tmp_path / "bad.json"
    broken = {"relay_fault": Fault.WELDED, "clock_offset_s": 900, "load": "500W"}
    async with meter_on_a_bench(**broken) as (meter, line):
        skipped = ["--skip", "speeds", "--minutes", "1"]
        assert await bench(line, record, "--expect-model", "OTHER", "--load", "500", *skipped) == 1
        assert meter.relay.reported_closed
    tests = opened(record)
    assert tests["identity"][:2] == ("failed", "other-model")
    assert tests["energy"][:2] == ("undecided", "no-step")
    assert tests["relay"][:2] == ("failed", "current-flows")
    assert tests["clock"][:2] == ("failed", "clock-off")
    assert tests["speeds"][:2] == ("skipped", "not-asked")
    assert "a welded contact or a bypass" in capsys.readouterr().out


async def test_a_meter_that_counts_half_fails_and_a_silent_one_is_asked_no_more(tmp_path: Path) -> None:
    record = tmp_path / "half.json"
    only = [word for name in ("relay", "clock", "speeds") for word in ("--skip", name)]
    async with meter_on_a_bench() as (_, line):
        assert await bench(line, record, "--load", str(KILOWATTS * 2000), "--goal-percent", "3", *only) == 1
        tests = opened(record)
        assert tests["energy"][:2] == ("failed", "counts-wrong")
        assert -54_000 < tests["energy"][2]["error_milli_percent"] < -46_000
        line.faults = LineFaults(deaf=1.0)
        silent = tmp_path / "silent.json"
        assert await bench(line, silent) == 1
        assert opened(silent) == {"identity": ("failed", "silent", {})}


async def test_a_lost_answer_leaves_no_meter_at_another_speed(tmp_path: Path) -> None:
    """Every third answer is lost, that to a change of speed among them."""
    record = tmp_path / "lossy.json"
    only = [word for name in ("energy", "relay", "clock") for word in ("--skip", name)]
    async with meter_on_a_bench(LineFaults(loss=0.3)) as (meter, line):
        await bench(line, record, *only)
        assert (meter.baud or BAUD) == BAUD
    assert opened(record)["speeds"][2]["home"] == "yes"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "sdm", "--address", "1"], "generic-dlt645-2007"),
        (["--model", "eastron-sdm120", "--address", "999"], "1 to 247"),
        (["--model", "generic-dlt645-2007", "--address", "AAAAAAAAAAAA"], "12 digits"),
        (["--model", "eastron-sdm120", "--address", "1", "--load", "0"], "--load"),
        (["--model", "eastron-sdm120", "--address", "1", "--load-meter", "sdm@1"], "There is no meter model"),
        (["--model", "eastron-sdm120", "--address", "1", "--key", "/etc/hostname"], "key"),
    ],
)
def test_wrong_arguments_make_no_record(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--lang", "en", "bench", "--port", "/dev/null", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_how_long_it_must_run_is_said_beforehand() -> None:
    row = model_row("generic-dlt645-2007")
    assert isinstance(row, ModelRow)
    assert resolution_wh(row) == 10
    assert needed_ms(row, 1_000, 250) == 72_000, "two steps of 36 s"
    assert needed_ms(row, 36_000, 250) == 1_000 + 25_000


def test_a_meter_that_dies_under_the_test_of_energy_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    row = model_row("generic-dlt645-2007")
    assert isinstance(row, ModelRow)
    station = Station(None, row, make_driver(row, ADDRESS))  # type: ignore[arg-type]
    answers: list[Values | No] = [Values(energy_wh=0), Values(energy_wh=10), *[No("silent")] * MOST_LOST]
    monkeypatch.setattr(station, "read", lambda item: answers.pop(0))
    made = measure(station, Load(1_000), Limits(), lambda spread, elapsed: None)
    assert (made.verdict.value, made.reason, made.measured) == ("failed", "silent", {"steps": 1})
    assert not answers
