"""The registry: what it takes, what it refuses by name, and that nothing but a whole file is ever found."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.adapters.model_files import read_models
from gateway.adapters.registry_store import (
    LineRow,
    MeterRow,
    Refusal,
    RefusalReason,
    RegistryDamaged,
    RegistryStore,
    TestResult,
)

NORTH = LineRow("north", "/dev/ttyUSB0")
MODELS = read_models()

ADDRESSES: dict[str, str] = {}


@pytest.fixture
def registry(tmp_path: Path) -> RegistryStore:
    store = RegistryStore(tmp_path, MODELS)
    assert store.add_line(NORTH) is None
    return store


def meter(number: str = "A-101", **changes: object) -> MeterRow:
    row = {
        "meter_number": number,
        "line": "north",
        "address": ADDRESSES.setdefault(number, str(len(ADDRESSES) + 1).zfill(12)),
        "model": "generic-dlt645-2007",
        **changes,
    }
    return MeterRow(**row)  # type: ignore[arg-type]


def reason(refusal: Refusal | None) -> RefusalReason | None:
    return refusal.reason if refusal else None


def test_a_new_registry_is_empty_and_writes_nothing(tmp_path: Path) -> None:
    store = RegistryStore(tmp_path, MODELS)
    assert store.lines() == store.meters() == []
    assert list(tmp_path.iterdir()) == []


def test_what_was_added_is_found_by_another_process(registry: RegistryStore, tmp_path: Path) -> None:
    row = meter(ct_ratio=40, location="井 2 / well 2")
    assert registry.add_meter(row) is None
    other = RegistryStore(tmp_path, MODELS)
    assert other.lines() == [NORTH]
    assert other.meters() == [row]


def test_a_test_result_is_kept_with_its_meter(registry: RegistryStore) -> None:
    registry.add_meter(meter())
    result = TestResult("2026-11-23T12:00:00+08:00", "answered", energy_wh=123450, relay_closed=True)
    assert registry.note_test("A-101", result) is None
    assert registry.meters()[0].test == result


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (meter("A-101"), RefusalReason.DUPLICATE_METER),
        (meter("A-102", address=meter("A-101").address), RefusalReason.DUPLICATE_ADDRESS),
        (meter("A-102", address=meter("A-101").address.lstrip("0")), RefusalReason.DUPLICATE_ADDRESS),
        (meter("A-102", address="12x"), RefusalReason.BAD_ADDRESS),
        (meter("A-102", address="AAAAAAAAAAAA"), RefusalReason.BAD_ADDRESS),
        (meter("A-102", address="999999999999"), RefusalReason.BAD_ADDRESS),
        (meter("A-102", address="248", model="eastron-sdm120"), RefusalReason.BAD_ADDRESS),
        (meter("A-102", line="south"), RefusalReason.UNKNOWN_LINE),
        (meter("A-102", model="sdm120"), RefusalReason.UNKNOWN_MODEL),
        (meter("A-102", ct_ratio=0), RefusalReason.BAD_VALUE),
        (meter("", address="1"), RefusalReason.BAD_VALUE),
        (meter("A-102", address=""), RefusalReason.BAD_VALUE),
    ],
)
def test_a_bad_meter_is_refused_by_name(
    registry: RegistryStore, row: MeterRow, expected: RefusalReason
) -> None:
    registry.add_meter(meter("A-101"))
    assert reason(registry.add_meter(row)) is expected
    assert len(registry.meters()) == 1


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (LineRow("north", "/dev/ttyUSB1"), RefusalReason.DUPLICATE_LINE),
        (LineRow("south", "/dev/ttyUSB0"), RefusalReason.DUPLICATE_PORT),
        (LineRow("south", "/dev/ttyUSB1", parity="X"), RefusalReason.BAD_VALUE),
        (LineRow("south", "/dev/ttyUSB1", baud=0), RefusalReason.BAD_VALUE),
        (LineRow("", "/dev/ttyUSB1"), RefusalReason.BAD_VALUE),
    ],
)
def test_a_bad_line_is_refused_by_name(
    registry: RegistryStore, row: LineRow, expected: RefusalReason
) -> None:
    assert reason(registry.add_line(row)) is expected
    assert registry.lines() == [NORTH]


def test_many_meters_are_added_all_or_none_and_each_bad_row_is_named(registry: RegistryStore) -> None:
    rows = [
        meter("1"),
        meter("2", line="south"),
        meter("3"),
        meter("3"),
        meter("4", address=meter("1").address),
    ]
    refusals = registry.add_meters(rows)
    assert [(refusal.subject, refusal.reason) for refusal in refusals] == [
        ("2", RefusalReason.UNKNOWN_LINE),
        ("3", RefusalReason.DUPLICATE_METER),
        ("4", RefusalReason.DUPLICATE_ADDRESS),
    ]
    assert registry.meters() == []


def test_a_line_in_use_stays_and_an_unused_one_goes(registry: RegistryStore) -> None:
    registry.add_meter(meter())
    assert reason(registry.remove_line("north")) is RefusalReason.LINE_IN_USE
    assert registry.remove_meter("A-101") is None
    assert registry.remove_line("north") is None
    assert registry.lines() == []


def test_what_is_not_there_can_not_be_removed(registry: RegistryStore) -> None:
    assert reason(registry.remove_line("south")) is RefusalReason.UNKNOWN_LINE
    assert reason(registry.remove_meter("X")) is RefusalReason.UNKNOWN_METER
    assert reason(registry.note_test("X", TestResult("", ""))) is RefusalReason.UNKNOWN_METER


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"meters": 3}', b"\xff\xfe"])
@pytest.mark.parametrize(
    "ask", [RegistryStore.lines, RegistryStore.meters, lambda store: store.add_line(NORTH)]
)
def test_a_damaged_file_stops_with_a_clear_word_and_is_kept(
    tmp_path: Path, content: bytes, ask: Callable[[RegistryStore], object]
) -> None:
    store = RegistryStore(tmp_path, MODELS)
    store.path.write_bytes(content)
    for _ in range(2):
        with pytest.raises(RegistryDamaged, match=r"registry\.json can't be read.*cp .*previous"):
            ask(store)
    assert store.path.read_bytes() == content
    assert [path.read_bytes() for path in tmp_path.glob("registry.json.damaged-*")] == [content]


@pytest.mark.parametrize(
    "row", ['{"meter_number": "x"}', '{"meter_number": "x", "line": 7, "address": "1", "model": "m"}']
)
def test_a_row_edited_by_hand_and_wrong_is_damage_too(tmp_path: Path, row: str) -> None:
    store = RegistryStore(tmp_path, MODELS)
    store.path.write_text(f'{{"meters": {{"1": {row}}}}}')
    with pytest.raises(RegistryDamaged, match="table meters"):
        store.meters()


def test_the_version_before_is_kept(registry: RegistryStore) -> None:
    before = registry.path.read_bytes()
    registry.add_meter(meter())
    assert registry.path.with_suffix(".json.previous").read_bytes() == before


def test_a_full_disk_changes_nothing(registry: RegistryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    before = registry.path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gateway.adapters.registry_file.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        registry.add_meter(meter())
    assert registry.path.read_bytes() == before


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_jq_reads_it(registry: RegistryStore) -> None:
    registry.add_meter(meter(location="宿舍 3 号楼"))
    found = subprocess.run(
        ["jq", "-r", ".meters[].location", registry.path], capture_output=True, text=True, check=True
    )
    assert found.stdout == "宿舍 3 号楼\n"


def test_the_file_is_plain_json_for_people(registry: RegistryStore) -> None:
    registry.add_meter(meter(location="宿舍"))
    assert "宿舍" in registry.path.read_text()
    assert json.loads(registry.path.read_text())["meters"]["1"]["meter_number"] == "A-101"
