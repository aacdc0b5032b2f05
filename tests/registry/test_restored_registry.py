"""A registry that came back from central, and a line whose adapter was replaced."""

from pathlib import Path

from gateway.adapters.model_files import read_models
from gateway.adapters.registry_store import LineRow, MeterRow, RefusalReason, RegistryStore

A, B = LineRow("a", "/dev/a", 9600, "E"), LineRow("b", "/dev/b")
METERS = [MeterRow("m1", "a", "1", "generic-dlt645-2007"), MeterRow("m2", "b", "1", "of-a-newer-release")]


def test_a_blank_registry_is_filled_in_one_replacement_and_one_with_rows_is_left(tmp_path: Path) -> None:
    registry = RegistryStore(tmp_path, read_models())
    assert registry.restore([A, B], METERS)
    assert (registry.lines(), registry.meters()) == ([A, B], METERS)
    assert not (tmp_path / "registry.json.previous").exists(), "one replacement: a power cut leaves no half"
    assert not registry.restore([], [])
    assert registry.meters() == METERS
    assert registry.remove_meter("m2") is None
    assert registry.add_meter(MeterRow("m3", "b", "7", "generic-dlt645-2007")) is None, (
        "its keys are TinyDB's own"
    )


def test_a_line_moves_to_another_port_with_its_meters(tmp_path: Path) -> None:
    registry = RegistryStore(tmp_path, read_models())
    registry.restore([A, B], METERS)
    assert registry.move_line("a", "/dev/new") is None
    assert registry.lines()[0] == LineRow("a", "/dev/new", 9600, "E")
    refused = [registry.move_line(*moved) for moved in (("a", "/dev/b"), ("c", "/dev/c"), ("a", ""))]
    assert [one.reason for one in refused if one] == [
        RefusalReason.DUPLICATE_PORT,
        RefusalReason.UNKNOWN_LINE,
        RefusalReason.BAD_VALUE,
    ]
    assert registry.meters() == METERS
